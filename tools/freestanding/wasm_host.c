/* wasm_host FILE.wasm: runs a WASI command under Wasmtime with its standard input and output, and
 * nothing else: fd_read, fd_write and proc_exit are all that can be imported. The library is built
 * without its own WASI, which would bring files, clocks and sockets. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasmtime.h>

#define MODULE_BYTES_MAX ((size_t)64 << 20)

enum { WASI_SUCCESS = 0, WASI_EBADF = 8, WASI_EFAULT = 21, WASI_EIO = 29 };

struct guest {
    bool exited;
    int code;
};

static void complain(const char *doing, wasmtime_error_t *error, wasm_trap_t *trap)
{
    wasm_byte_vec_t message = {0};

    if (error != NULL)
        wasmtime_error_message(error, &message);
    else if (trap != NULL)
        wasm_trap_message(trap, &message);
    fprintf(stderr, "wasm_host: %s: %.*s\n", doing, (int)message.size,
            message.data == NULL ? "" : message.data);
    wasm_byte_vec_delete(&message);
    if (error != NULL)
        wasmtime_error_delete(error);
    if (trap != NULL)
        wasm_trap_delete(trap);
}

/* n bytes of the guest's memory, or NULL where it has none. Valid until the guest runs on. */
static uint8_t *guest_bytes(wasmtime_caller_t *caller, uint32_t at, uint32_t n)
{
    wasmtime_context_t *store = wasmtime_caller_context(caller);
    wasmtime_extern_t item;
    size_t size;

    if (!wasmtime_caller_export_get(caller, "memory", 6, &item) ||
        item.kind != WASMTIME_EXTERN_MEMORY)
        return NULL;
    size = wasmtime_memory_data_size(store, &item.of.memory);
    if (at > size || n > size - at)
        return NULL;
    return wasmtime_memory_data(store, &item.of.memory) + at;
}

static uint32_t little_endian(const uint8_t *b)
{
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* fd_read and fd_write: the first span alone, which a caller must expect. */
static int32_t transfer(wasmtime_caller_t *caller, const wasmtime_val_t *args, int fd)
{
    uint8_t *span, *bytes, *done;
    uint32_t n;
    ssize_t moved;

    if (args[0].of.i32 != fd)
        return WASI_EBADF;
    span = guest_bytes(caller, (uint32_t)args[1].of.i32, 8);
    done = guest_bytes(caller, (uint32_t)args[3].of.i32, 4);
    if (span == NULL || done == NULL || args[2].of.i32 < 1)
        return WASI_EFAULT;
    n = little_endian(span + 4);
    bytes = guest_bytes(caller, little_endian(span), n);
    if (bytes == NULL)
        return WASI_EFAULT;
    moved = fd == STDIN_FILENO ? read(fd, bytes, n) : write(fd, bytes, n);
    if (moved < 0)
        return WASI_EIO;
    for (int i = 0; i < 4; i++)
        done[i] = (uint8_t)((uint32_t)moved >> 8 * i);
    return WASI_SUCCESS;
}

static wasm_trap_t *fd_read(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                            size_t arg_count, wasmtime_val_t *results, size_t result_count)
{
    (void)env;
    (void)arg_count;
    (void)result_count;
    results[0] =
        (wasmtime_val_t){.kind = WASMTIME_I32, .of.i32 = transfer(caller, args, STDIN_FILENO)};
    return NULL;
}

static wasm_trap_t *fd_write(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                             size_t arg_count, wasmtime_val_t *results, size_t result_count)
{
    (void)env;
    (void)arg_count;
    (void)result_count;
    results[0] =
        (wasmtime_val_t){.kind = WASMTIME_I32, .of.i32 = transfer(caller, args, STDOUT_FILENO)};
    return NULL;
}

/* Ends the guest: a trap that main() knows. */
static wasm_trap_t *proc_exit(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                              size_t arg_count, wasmtime_val_t *results, size_t result_count)
{
    struct guest *guest = env;

    (void)caller;
    (void)arg_count;
    (void)results;
    (void)result_count;
    guest->exited = true;
    guest->code = args[0].of.i32;
    return wasmtime_trap_new("exit", 4);
}

static wasmtime_error_t *define(wasmtime_linker_t *linker, struct guest *guest, const char *name,
                                wasmtime_func_callback_t function, size_t params, size_t results)
{
    static const char module[] = "wasi_snapshot_preview1";
    wasm_valtype_vec_t in, out;
    wasm_functype_t *type;
    wasmtime_error_t *error;

    wasm_valtype_vec_new_uninitialized(&in, params);
    wasm_valtype_vec_new_uninitialized(&out, results);
    for (size_t i = 0; i < params; i++)
        in.data[i] = wasm_valtype_new(WASM_I32);
    for (size_t i = 0; i < results; i++)
        out.data[i] = wasm_valtype_new(WASM_I32);
    type = wasm_functype_new(&in, &out);
    error = wasmtime_linker_define_func(linker, module, sizeof(module) - 1, name, strlen(name),
                                        type, function, guest, NULL);
    wasm_functype_delete(type);
    return error;
}

/* The file's bytes, to be freed; NULL on an error. */
static uint8_t *file_read(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = f == NULL ? NULL : malloc(MODULE_BYTES_MAX);

    if (bytes != NULL) {
        *n = fread(bytes, 1, MODULE_BYTES_MAX, f);
        if (ferror(f) != 0 || *n == MODULE_BYTES_MAX) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (f != NULL)
        (void)fclose(f);
    return bytes;
}

/* Run _start of the module; false when anything but an exit ended it. */
static bool module_run(wasmtime_linker_t *linker, wasmtime_store_t *store,
                       const wasmtime_module_t *module, const struct guest *guest)
{
    wasmtime_context_t *context = wasmtime_store_context(store);
    wasmtime_instance_t instance;
    wasmtime_extern_t start;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_linker_instantiate(linker, context, module, &instance, &trap);

    if (error != NULL || trap != NULL) {
        complain("cannot start", error, trap);
        return false;
    }
    if (!wasmtime_instance_export_get(context, &instance, "_start", 6, &start) ||
        start.kind != WASMTIME_EXTERN_FUNC) {
        fprintf(stderr, "wasm_host: no function _start\n");
        return false;
    }
    error = wasmtime_func_call(context, &start.of.func, NULL, 0, NULL, 0, &trap);
    if (!guest->exited) {
        complain("stopped", error, trap);
        return false;
    }
    if (error != NULL)
        wasmtime_error_delete(error);
    if (trap != NULL)
        wasm_trap_delete(trap);
    return true;
}

static wasm_engine_t *engine_new(void)
{
    wasm_config_t *config = wasm_config_new();

    /* Sanitizers keep the signals for themselves. */
    wasmtime_config_signals_based_traps_set(config, false);
    return wasm_engine_new_with_config(config);
}

int main(int argc, char **argv)
{
    struct guest guest = {0};
    wasmtime_module_t *module = NULL;
    wasmtime_error_t *error;
    size_t n = 0;
    uint8_t *bytes = argc == 2 ? file_read(argv[1], &n) : NULL;
    wasm_engine_t *engine = engine_new();
    wasmtime_linker_t *linker = wasmtime_linker_new(engine);
    wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
    int code = 3;

    if (bytes == NULL) {
        fprintf(stderr, "usage: wasm_host FILE.wasm\n");
        goto done;
    }
    error = wasmtime_module_new(engine, bytes, n, &module);
    if (error == NULL)
        error = define(linker, &guest, "fd_read", fd_read, 4, 1);
    if (error == NULL)
        error = define(linker, &guest, "fd_write", fd_write, 4, 1);
    if (error == NULL)
        error = define(linker, &guest, "proc_exit", proc_exit, 1, 0);
    if (error != NULL)
        complain("cannot load", error, NULL);
    else if (module_run(linker, store, module, &guest))
        code = guest.code;
done:
    if (module != NULL)
        wasmtime_module_delete(module);
    wasmtime_store_delete(store);
    wasmtime_linker_delete(linker);
    wasm_engine_delete(engine);
    free(bytes);
    return code;
}
