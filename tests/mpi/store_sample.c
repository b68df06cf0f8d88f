#define _POSIX_C_SOURCE 200809L
#include "mpi/store_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/mem.h"

/* ---- the sample: every type, every way of splitting, few and many rows ---- */

const int32_t LABEL_SIGN[] = {1, -1};

const int32_t LABEL_BITS[] = {1, 2, 4, 8, 1000};

/* clang-format off */
#define AXIS(name, length) {name, length, NULL}
#define SIGN_SLICE {"sign", 2, LABEL_SIGN}, {"slice", 4, NULL}

const struct sample stored_samples[] = {
    {"/rank0", "one", STORE_F32, 1, {AXIS("single", 1)}, 0},
    {"/rank0", "matrix", STORE_F32, 2, {AXIS("row", 37), AXIS("column", 11)}, 0},
    {"/rank0", "code", STORE_I16, 2, {AXIS("row", 37), AXIS("column", 11)}, 0},
    {"/rank0/deep/er", "cube", STORE_F64, 3, {AXIS("a", 2), AXIS("b", 3), AXIS("c", 4)}, 0},
    {"/split1", "sample", STORE_U8, 1, {AXIS("index", 1001)}, 1},
    {"/split1", "few", STORE_I32, 1, {{"few_index", 2, LABEL_SIGN}}, 1},
    {"/split1", "single", STORE_I64, 2, {AXIS("one", 1), AXIS("wide", 300)}, 1},
    {"/split1", "bytes", STORE_I8, 2, {AXIS("tall", 7), AXIS("wide", 300)}, 1},
    {"/split2", "sum", STORE_U32, 4, {SIGN_SLICE, AXIS("tile", 3), AXIS("column", 5)}, 2},
    {"/split2", "count", STORE_U64, 4, {SIGN_SLICE, {"bit", 5, LABEL_BITS}, AXIS("level", 9)}, 2},
    {"/split2", "bits", STORE_I32, 2, {SIGN_SLICE}, 2},
    {"/split2", "five", STORE_F32, 5,
     {SIGN_SLICE, AXIS("tile", 3), AXIS("column", 5), AXIS("level", 9)}, 2},
    {"/split5", "all", STORE_U8, 5,
     {AXIS("a", 2), AXIS("b", 3), AXIS("c", 2), AXIS("d", 1), AXIS("e", 3)}, 5},
};
/* clang-format on */

const size_t stored_sample_count = sizeof stored_samples / sizeof *stored_samples;

size_t product(const struct sample *s, int first, int last)
{
    size_t n = 1;
    for (int a = first; a < last; a++)
        n *= s->axis[a].length;
    return n;
}

/* Element i of the sample as its type has it, at `to`. */
static void put(enum store_type type, size_t i, void *to)
{
    const int64_t value = (int64_t)(i * 2654435761U % 120) - 20;
#define PUT(kind, x) memcpy(to, &(kind){(kind)(x)}, sizeof(kind))
    switch (type) {
    case STORE_F32:
        PUT(float, (double)value / 3.0);
        break;
    case STORE_F64:
        PUT(double, (double)value / 7.0);
        break;
    case STORE_I8:
        PUT(int8_t, value);
        break;
    case STORE_I16:
        PUT(int16_t, value * 300);
        break;
    case STORE_I32:
        PUT(int32_t, value * 20000000);
        break;
    case STORE_I64:
        PUT(int64_t, value * 70000000000000000);
        break;
    case STORE_U8:
        PUT(uint8_t, value + 100);
        break;
    case STORE_U32:
        PUT(uint32_t, UINT32_MAX - (uint32_t)i);
        break;
    case STORE_U64:
        PUT(uint64_t, UINT64_MAX - i);
        break;
    }
#undef PUT
}

/* Elements [first, first + count) of a sample. */
static char *sample_data(const struct sample *s, size_t first, size_t count)
{
    const size_t bytes = store_type_size(s->type);
    char *data = mem_alloc(count, bytes, s->name);
    for (size_t i = 0; i < count; i++)
        put(s->type, first + i, data + i * bytes);
    return data;
}

static void write_stored(struct store *store, const struct sample *s)
{
    const struct share mine = comm_share(product(s, 0, s->split_axes));
    const size_t row = product(s, s->split_axes, s->axes);
    struct store_array array = {.group = s->group,
                                .name = s->name,
                                .description = "made by a formula",
                                .units = "1",
                                .type = s->type,
                                .axes = s->axes,
                                .split_axes = s->split_axes};
    memcpy(array.axis, s->axis, sizeof array.axis);
    char *data = NULL;
    if (s->split_axes > 0) {
        array.first = mine.first;
        array.count = mine.count;
        data = sample_data(s, mine.first * row, mine.count * row);
    } else if (comm_rank() == 0) { /* the others have nothing, not even a pointer */
        data = sample_data(s, 0, row);
    }
    array.data = data;
    store_write(store, &array);
    mem_free(data);
}

char *long_text(void)
{
    static const char *const letters[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                          "\n"};
    char *text = mem_alloc(LONG_TEXT + 5, 1, "text");
    for (size_t n = 0, i = 0; n < LONG_TEXT; i++) {
        strcpy(text + n, letters[i % 5]);
        n += strlen(letters[i % 5]);
    }
    return text;
}

void write_attributes(struct store *store)
{
    char *text = long_text();
    store_text(store, "/", "format", "reslice");
    store_integer(store, "/", "version", STORE_FORMAT_VERSION);
    store_integer(store, "/", "complete", 1);
    store_text(store, "/", "config", text);
    store_text(store, "/", "empty", "");
    store_integer(store, "/", "smallest", INT64_MIN);
    store_group(store, "/group");
    store_real(store, "/group", "tenth", 0.1);
    mem_free(text);
}

void write_file(const char *path)
{
    struct store *store = store_create(path, 1 << 20);
    write_attributes(store);
    for (size_t i = 0; i < stored_sample_count; i++)
        write_stored(store, &stored_samples[i]);
    store_integer(store, "/split1/few", "exponent", -3);
    store_finish(store);
}

/* ---- a folder for every rank, removed at the end ---- */

char sample_folder[64], sample_path[96];

int make_sample_folder(void **state)
{
    (void)state;
    strcpy(sample_folder, "/tmp/reslice_store.XXXXXX");
    if (comm_rank() == 0 && !mkdtemp(sample_folder))
        comm_abort(1);
    comm_broadcast(sample_folder, sizeof sample_folder);
    snprintf(sample_path, sizeof sample_path, "%s/a.h5", sample_folder);
    write_file(sample_path);
    return 0;
}

int remove_sample_folder(void **state)
{
    (void)state;
    comm_all_true(true);
    if (comm_rank() == 0) {
        unlink(sample_path);
        if (rmdir(sample_folder) != 0)
            return -1;
    }
    comm_all_true(true);
    assert_int_equal(mem_live_blocks(), 0);
    return 0;
}

/* ---- reading it ---- */

struct error sample_error;

struct store_file *open_sample(void)
{
    struct store_file *file = store_open(sample_path, &sample_error);
    if (!file)
        fail_msg("%s", sample_error.text);
    return file;
}

void assert_says(const char *word)
{
    if (!strstr(sample_error.text, word) || !strstr(sample_error.text, sample_path))
        fail_msg("'%s' or the path is not in: %s", word, sample_error.text);
    assert_null(strchr(sample_error.text, '\n'));
}

void object_path(char name[128], const struct sample *s)
{
    snprintf(name, 128, "%s/%s", s->group, s->name);
}

void check_contents(const struct store_file *file, const struct sample *s)
{
    char name[128];
    object_path(name, s);
    size_t length[STORE_AXES];
    assert_true(store_has(file, name));
    assert_int_equal(store_shape(file, name, length), s->axes);
    for (int a = 0; a < s->axes; a++)
        assert_int_equal(length[a], s->axis[a].length);

    const size_t n = product(s, 0, s->axes), bytes = n * store_type_size(s->type);
    char *expected = sample_data(s, 0, n), *found = mem_alloc(bytes, 1, "found");
    if (!store_read(file, name, s->type, n, found, &sample_error))
        fail_msg("%s", sample_error.text);
    if (memcmp(found, expected, bytes) != 0)
        fail_msg("%s: other contents", name);
    mem_free(expected);
    mem_free(found);
}
