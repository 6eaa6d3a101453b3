/* key_dir.c - listing, finding and adding keystore files. */
#include "key_dir.h"
#include "keystore.h"
#include "report.h"
#include <drystone/common/hex.h>
#include <drystone/platform/files.h>
#include <drystone/platform/json.h>
#include <drystone/platform/system.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- listing --- */

/* Fill f from the file's JSON; false when it is no keystore. */
static bool file_read(struct dry_key_file *f, struct dry_bytes text, struct dry_arena *arena)
{
    struct dry_json_limits limits = {.bytes_max = DRY_KEYSTORE_BYTES_MAX};
    struct dry_json_value root, v;
    struct dry_bytes peer;
    struct dry_json doc;

    if (!dry_ok(dry_json_read(&doc, NULL, text, &limits, arena)))
        return false;
    root = dry_json_root(&doc);
    if (!dry_json_get(root, "crypto", &v) && !dry_json_get(root, "Crypto", &v))
        return false;
    if (dry_json_get(root, "address", &v))
        return dry_ok(dry_json_hex_fixed(v, f->address.b, 20, NULL));
    if (!dry_json_get(root, "peerId", &v) || !dry_ok(dry_json_string(v, &peer, NULL, arena)) ||
        peer.len >= sizeof(f->peer_id))
        return false;
    memcpy(f->peer_id, peer.ptr, peer.len);
    f->node_key = true;
    return true;
}

static bool list_room(struct dry_key_list *l)
{
    uint32_t room = l->room == 0 ? 16 : 2 * l->room;
    struct dry_key_file *files;

    if (l->count < l->room)
        return true;
    if (l->room >= DRY_KEY_DIR_FILES_MAX) {
        l->st = DRY_STATUS(ELIMIT, "the keystore holds more than 65,536 files");
        return false;
    }
    files = dry_realloc(l->files, l->room * sizeof(*files), room * sizeof(*files));
    if (files == NULL) {
        l->st = DRY_ENOMEM;
        return false;
    }
    l->files = files;
    l->room = room;
    return true;
}

static void list_add(const char *name, void *arg)
{
    struct dry_key_list *l = arg;
    struct dry_key_file f = {0};
    struct dry_buf path = {0}, text = {0};
    struct dry_bytes kept;

    if (!dry_ok(l->st) || !list_room(l))
        return;
    l->st = dry_path_join(&path, l->dir, name);
    if (dry_ok(l->st) &&
        dry_ok(dry_file_read_regular(&text, (char *)path.ptr, DRY_KEYSTORE_BYTES_MAX)) &&
        file_read(&f, dry_buf_bytes(&text), &l->arena)) {
        l->st = dry_arena_copy(&l->arena, &kept, dry_bytes_of(path.ptr, path.len + 1));
        if (dry_ok(l->st)) {
            f.path = (char *)(uintptr_t)kept.ptr;
            l->files[l->count++] = f;
        }
    }
    dry_buf_fini(&path);
    dry_buf_fini(&text);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct dry_key_file *)a)->path, ((const struct dry_key_file *)b)->path);
}

dry_status dry_key_list_init(struct dry_key_list *out, const char *dir)
{
    dry_status st = DRY_OK;

    *out = (struct dry_key_list){.dir = dir};
    if (!dry_path_exists(dir))
        return DRY_OK;
    st = dry_dir_each(dir, list_add, out);
    if (dry_ok(st))
        st = out->st;
    if (!dry_ok(st))
        dry_key_list_fini(out);
    else if (out->count > 1)
        qsort(out->files, out->count, sizeof(*out->files), by_path);
    return st;
}

void dry_key_list_fini(struct dry_key_list *l)
{
    dry_free(l->files);
    dry_arena_fini(&l->arena);
    *l = (struct dry_key_list){0};
}

const struct dry_key_file *dry_key_list_find(const struct dry_key_list *l,
                                             const struct dry_address *address)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (!l->files[i].node_key && memcmp(l->files[i].address.b, address->b, 20) == 0)
            return &l->files[i];
    return NULL;
}

/* --- adding --- */

/* "UTC--2026-01-02T03-04-05.678000000Z--" and the address, or node- and the peer id. */
static void name_make(char out[160], const struct dry_address *address, const char *peer_id)
{
    uint64_t now = dry_clock_wall_ms(dry_system_clock());
    time_t seconds = (time_t)(now / 1000);
    char when[32] = "", who[41] = "";
    struct tm tm;

    if (gmtime_r(&seconds, &tm) != NULL)
        (void)strftime(when, sizeof(when), "%Y-%m-%dT%H-%M-%S", &tm);
    if (peer_id == NULL)
        dry_hex_encode(who, DRY_BYTES_ARRAY(address->b));
    (void)snprintf(out, 160, "UTC--%s.%03u000000Z--%s%s", when, (unsigned)(now % 1000),
                   peer_id == NULL ? "" : "node-", peer_id == NULL ? who : peer_id);
}

dry_status dry_key_dir_add(struct dry_buf *path, const char *dir, const uint8_t secret[32],
                           const struct dry_address *address, const char *peer_id,
                           struct dry_bytes password, bool light, struct dry_buf *error)
{
    struct dry_keystore_note note = {.address = peer_id == NULL ? address : NULL,
                                     .peer_id = peer_id};
    struct dry_buf json = {0}, file = {0};
    char name[160];
    dry_status st = dry_dir_make(dir, 0700);

    if (dry_ok(st))
        st = dry_keystore_encrypt(&json, secret, password, light, &note, dry_system_rng());
    name_make(name, address, peer_id);
    if (dry_ok(st))
        st = dry_path_join(&file, dir, name);
    if (dry_ok(st))
        st = dry_file_create((char *)file.ptr, dry_buf_bytes(&json), 0600);
    if (dry_ok(st))
        st = dry_buf_append(path, dry_bytes_of(file.ptr, file.len + 1));
    if (!dry_ok(st)) {
        dry_complain(error, "the key cannot be written to ", dir);
        dry_complain(error, ": ", dry_status_text(st));
    }
    dry_buf_fini(&json);
    dry_buf_fini(&file);
    return st;
}
