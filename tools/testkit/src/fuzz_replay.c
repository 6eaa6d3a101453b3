/* main() of a fuzzer built without libFuzzer: runs each file of the corpus folders given once. */
#include <drystone/test.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void replay(const char *path, void *arg)
{
    struct dry_bytes b = test_file(path);
    uint8_t *exact = malloc(b.len ? b.len : 1); /* so that sanitizers see the end */

    (void)arg;
    if (exact == NULL)
        abort();
    if (b.len != 0)
        memcpy(exact, b.ptr, b.len);
    (void)LLVMFuzzerTestOneInput(exact, b.len);
    free(exact);
}

int main(int argc, char **argv)
{
    size_t runs = 0;
    struct stat sb;

    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue; /* an option of libFuzzer */
        if (stat(argv[i], &sb) != 0) {
            fprintf(stderr, "%s: no such corpus\n", argv[i]);
            return 1;
        }
        if (S_ISDIR(sb.st_mode))
            runs += test_files_each(argv[i], "", replay, NULL);
        else
            replay(argv[i], NULL), runs++;
    }
    printf("%zu inputs replayed\n", runs);
    return 0;
}
