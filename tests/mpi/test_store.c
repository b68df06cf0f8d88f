/* Result files: written by all ranks, read and checked by rank 0.
 *
 *     test_store           the tests
 *     test_store FILE.h5   only writes the sample file (for e2e/store_test.sh)
 *
 * The sample's contents do not depend on the rank count; what is read is compared with the formula
 * that made it.
 */
#define _POSIX_C_SOURCE 200809L
#include "mpi_test.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "run/store.h"
#include "run/store_types.h"

/* ---- the sample: every type, every way of splitting, few and many rows ---- */

struct sample {
    const char *group, *name;
    enum store_type type;
    int axes;
    struct store_axis axis[STORE_AXES];
    int split_axes;
};

static const int32_t LABEL_SIGN[] = {1, -1};
static const int32_t LABEL_BITS[] = {1, 2, 4, 8, 1000};

/* clang-format off */
#define AXIS(name, length) {name, length, NULL}
#define SIGN_SLICE {"sign", 2, LABEL_SIGN}, {"slice", 4, NULL}

static const struct sample samples[] = {
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

enum { SAMPLES = sizeof samples / sizeof *samples, LONG_TEXT = 100000 };

static size_t product(const struct sample *s, int first, int last)
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
static char *make(const struct sample *s, size_t first, size_t count)
{
    const size_t bytes = store_type_size(s->type);
    char *data = mem_alloc(count, bytes, s->name);
    for (size_t i = 0; i < count; i++)
        put(s->type, first + i, data + i * bytes);
    return data;
}

static void write_sample(struct store *store, const struct sample *s)
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
        data = make(s, mine.first * row, mine.count * row);
    } else if (comm_rank() == 0) { /* the others have nothing, not even a pointer */
        data = make(s, 0, row);
    }
    array.data = data;
    store_write(store, &array);
    mem_free(data);
}

/* Letters of one to four bytes. */
static char *long_text(void)
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

static void write_attributes(struct store *store)
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

static void write_file(const char *path)
{
    struct store *store = store_create(path, 1 << 20);
    write_attributes(store);
    for (int i = 0; i < SAMPLES; i++)
        write_sample(store, &samples[i]);
    store_integer(store, "/split1/few", "exponent", -3);
    store_finish(store);
}

/* ---- a folder for every rank, removed at the end ---- */

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/reslice_store.XXXXXX");
    if (comm_rank() == 0 && !mkdtemp(folder))
        comm_abort(1);
    comm_broadcast(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/a.h5", folder);
    write_file(path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    comm_all_true(true);
    if (comm_rank() == 0) {
        unlink(path);
        if (rmdir(folder) != 0)
            return -1;
    }
    comm_all_true(true);
    assert_int_equal(mem_live_blocks(), 0);
    return 0;
}

static struct error err;

static struct store_file *open_good(void)
{
    struct store_file *file = store_open(path, &err);
    if (!file)
        fail_msg("%s", err.text);
    return file;
}

static void assert_says(const char *word)
{
    if (!strstr(err.text, word) || !strstr(err.text, path))
        fail_msg("'%s' or the path is not in: %s", word, err.text);
    assert_null(strchr(err.text, '\n'));
}

static void object_path(char name[128], const struct sample *s)
{
    snprintf(name, 128, "%s/%s", s->group, s->name);
}

/* ---- reading back ---- */

static void check_contents(const struct store_file *file, const struct sample *s)
{
    char name[128];
    object_path(name, s);
    size_t length[STORE_AXES];
    assert_true(store_has(file, name));
    assert_int_equal(store_shape(file, name, length), s->axes);
    for (int a = 0; a < s->axes; a++)
        assert_int_equal(length[a], s->axis[a].length);

    const size_t n = product(s, 0, s->axes), bytes = n * store_type_size(s->type);
    char *expected = make(s, 0, n), *found = mem_alloc(bytes, 1, "found");
    if (!store_read(file, name, s->type, n, found, &err))
        fail_msg("%s", err.text);
    if (memcmp(found, expected, bytes) != 0)
        fail_msg("%s: other contents", name);
    mem_free(expected);
    mem_free(found);
}

static void test_contents(void **state)
{
    (void)state;
    struct store_file *file = open_good(); /* on every rank */
    for (int i = 0; i < SAMPLES; i++)
        check_contents(file, &samples[i]);
    store_close(file);
}

static void test_axes(void **state)
{
    (void)state;
    struct store_file *file = open_good();
    int32_t sign[2], slice[4], bit[5];
    assert_true(store_read(file, "/split2/sign", STORE_I32, 2, sign, &err));
    assert_memory_equal(sign, LABEL_SIGN, sizeof sign);
    assert_true(store_read(file, "/split2/slice", STORE_I32, 4, slice, &err));
    for (int i = 0; i < 4; i++)
        assert_int_equal(slice[i], i);
    assert_true(store_read(file, "/split2/bit", STORE_I32, 5, bit, &err));
    assert_memory_equal(bit, LABEL_BITS, sizeof bit);
    store_close(file);
}

static void test_conversion(void **state)
{
    (void)state;
    struct store_file *file = open_good();
    double x[24];
    assert_true(store_read(file, "/rank0/deep/er/cube", STORE_F64, 24, x, &err));
    float y[24];
    assert_true(store_read(file, "/rank0/deep/er/cube", STORE_F32, 24, y, &err));
    for (int i = 0; i < 24; i++)
        assert_true(y[i] == (float)x[i]);
    store_close(file);
}

static void test_attributes(void **state)
{
    (void)state;
    struct store_file *file = open_good();
    char *text = long_text(), *found = mem_alloc(LONG_TEXT + 5, 1, "found");
    int64_t integer;
    double real;
    assert_true(store_get_text(file, "/", "config", found, LONG_TEXT + 5, &err));
    assert_string_equal(found, text);
    assert_true(store_get_text(file, "/", "config", found, 10, &err)); /* cut, terminated */
    assert_int_equal(strlen(found), 9);
    assert_true(store_get_text(file, "/", "empty", found, 10, &err));
    assert_string_equal(found, "");
    assert_true(store_get_integer(file, "/", "smallest", &integer, &err));
    assert_true(integer == INT64_MIN);
    assert_true(store_get_integer(file, "/split1/few", "exponent", &integer, &err));
    assert_true(integer == -3);
    assert_true(store_get_real(file, "/group", "tenth", &real, &err));
    assert_true(real == 0.1);
    assert_true(store_get_text(file, "/split2/sum", "units", found, 10, &err));
    assert_string_equal(found, "1");
    mem_free(text);
    mem_free(found);
    store_close(file);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    struct store_file *file = open_good();
    size_t length[STORE_AXES];
    int32_t x[64];
    int64_t integer;
    double real;
    char text[8];
    assert_false(store_has(file, "/split2/summ"));
    assert_false(store_has(file, "/nowhere/at/all"));
    assert_int_equal(store_shape(file, "/nowhere/at/all", length), -1);
    assert_false(store_read(file, "/nowhere/at/all", STORE_I32, 1, x, &err));
    assert_says("/nowhere/at/all");
    assert_false(store_read(file, "/split1/few", STORE_I32, 3, x, &err));
    assert_says("/split1/few' has 2 elements, expected 3");
    assert_false(store_get_integer(file, "/", "nothing", &integer, &err));
    assert_says("nothing");
    assert_false(store_get_real(file, "/nowhere", "tenth", &real, &err));
    assert_says("tenth");
    assert_false(store_get_text(file, "/group", "words", text, sizeof text, &err));
    assert_says("words");
    store_close(file);
}

static void test_list(void **state)
{
    (void)state;
    static const char *const expected[] = {"bytes",  "few",    "few_index", "index", "one",
                                           "sample", "single", "tall",      "wide"};
    struct store_file *file = open_good();
    char *names;
    const size_t count = store_list(file, "/split1", 32, &names);
    assert_int_equal(count, 9);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names + 32 * i, expected[i]);
    mem_free(names);
    names = NULL;
    assert_int_equal(store_list(file, "/nowhere", 32, &names), 0);
    mem_free(names);
    store_close(file);
}

/* ---- the file as other programs see it ---- */

static void check_checksum(hid_t dataset, const char *name)
{
    const hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    const size_t bytes = H5Tget_size(type) * (size_t)H5Sget_simple_extent_npoints(space);
    unsigned char *raw = mem_alloc(bytes, 1, name);
    uint32_t crc = 0;
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) >= 0);
    const hid_t attribute = H5Aopen(dataset, "crc32", H5P_DEFAULT);
    assert_true(H5Aread(attribute, H5T_NATIVE_UINT32, &crc) >= 0);
    assert_int_equal(crc, crc32(crc32(0, NULL, 0), raw, (uInt)bytes));
    H5Aclose(attribute);
    H5Tclose(type);
    H5Sclose(space);
    mem_free(raw);
}

static void check_scales(hid_t dataset, hid_t file, const struct sample *s)
{
    for (int a = 0; a < s->axes; a++) {
        char name[160], found[32] = "";
        snprintf(name, sizeof name, "%s/%s", s->group, s->axis[a].name);
        const hid_t scale = H5Dopen2(file, name, H5P_DEFAULT);
        assert_true(scale >= 0);
        assert_true(H5DSis_scale(scale) > 0);
        assert_true(H5DSis_attached(dataset, scale, (unsigned)a) > 0);
        assert_int_equal(H5DSget_num_scales(dataset, (unsigned)a), 1);
        H5DSget_scale_name(scale, found, sizeof found);
        assert_string_equal(found, s->axis[a].name);
        H5Dclose(scale);
    }
}

static void test_datasets_as_stored(void **state)
{
    (void)state;
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (int i = 0; i < SAMPLES; i++) {
        char name[128];
        object_path(name, &samples[i]);
        const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
        const hid_t list = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
        assert_int_equal(H5Pget_layout(list), H5D_CONTIGUOUS);
        assert_true(H5Tequal(type, store_hdf5_type(samples[i].type)) > 0);
        assert_true(H5Aexists(dataset, "description") > 0);
        check_checksum(dataset, name);
        check_scales(dataset, file, &samples[i]);
        H5Tclose(type);
        H5Pclose(list);
        H5Dclose(dataset);
    }
    H5Fclose(file);
}

static void test_verify(void **state)
{
    (void)state;
    if (!store_verify(path, &err))
        fail_msg("%s", err.text);
}

/* The new file appears at once when it is whole; until then the old one stays. */
static void test_part_then_rename(void **state)
{
    (void)state;
    char part[128];
    int64_t mark = 0;
    snprintf(part, sizeof part, "%s.part", path);
    assert_int_not_equal(access(part, F_OK), 0);
    comm_all_true(true);
    struct store *store = store_create(path, 1000);
    assert_int_equal(access(part, F_OK), 0);
    write_attributes(store);
    store_integer(store, "/", "mark", 7);
    struct store_file *old = open_good();
    assert_true(store_has(old, "/split2/sum"));
    store_close(old);
    store_finish(store);
    assert_int_not_equal(access(part, F_OK), 0);
    struct store_file *file = open_good();
    assert_true(store_get_integer(file, "/", "mark", &mark, &err));
    assert_true(mark == 7);
    assert_false(store_has(file, "/split2/sum"));
    store_close(file);
}

/* ---- damage (rank 0 alone works here) ---- */

static long offset_of(const char *dataset)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t id = H5Dopen2(file, dataset, H5P_DEFAULT);
    const long offset = (long)H5Dget_offset(id);
    H5Dclose(id);
    H5Fclose(file);
    return offset;
}

static void flip_byte(long place)
{
    FILE *file = fopen(path, "r+b");
    fseek(file, place, SEEK_SET);
    const int byte = fgetc(file);
    fseek(file, place, SEEK_SET);
    fputc(byte ^ 0x10, file);
    fclose(file);
}

static void test_flipped_byte(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    for (int i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        const size_t n = product(s, 0, s->axes), bytes = n * store_type_size(s->type);
        char name[128], *data = mem_alloc(bytes, 1, "data");
        object_path(name, s);
        const long places[] = {0, (long)bytes / 2, (long)bytes - 1}, start = offset_of(name);
        for (int p = 0; p < 3; p++) {
            flip_byte(start + places[p]);
            struct store_file *file = open_good();
            assert_false(store_read(file, name, s->type, n, data, &err));
            assert_says(name);
            assert_says("damaged");
            check_contents(file, &samples[(i + 1) % SAMPLES]); /* the rest is fine */
            store_close(file);
            assert_false(store_verify(path, &err));
            assert_says(name + 1);
            flip_byte(start + places[p]);
        }
        mem_free(data);
    }
    assert_true(store_verify(path, &err));
}

static void refuse(const char *word)
{
    struct store_file *file = store_open(path, &err);
    assert_null(file);
    assert_says(word);
}

static void test_cut_file(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    FILE *file = fopen(path, "rb");
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    fclose(file);
    const long lengths[] = {size - 1, size / 2, 3000, 100, 8, 1, 0};
    for (int i = 0; i < 7; i++) {
        assert_int_equal(truncate(path, lengths[i]), 0);
        refuse("not an HDF5 file, or damaged");
    }
    unlink(path);
    refuse("no such file");
}

/* A root attribute of a copy that is otherwise right. */
static void set_root_integer(const char *name, int64_t value)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT64, &value);
    H5Aclose(attribute);
    H5Fclose(file);
}

static void delete_root_attribute(const char *name)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Adelete(file, name);
    H5Fclose(file);
}

static void test_header(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    set_root_integer("version", STORE_FORMAT_VERSION + 1);
    refuse("format version 2; this reslice reads version 1");
    set_root_integer("version", STORE_FORMAT_VERSION);
    set_root_integer("complete", 0);
    refuse("not complete");
    delete_root_attribute("complete");
    refuse("complete");
    delete_root_attribute("format");
    refuse("not a reslice result file");
}

/* ---- sound HDF5 files with something else in them (found by tests/fuzz) ---- */

/* Another attribute of that name. Takes over the space. */
static void replace_attribute(const char *object, const char *name, hid_t type, hid_t space,
                              const void *value)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Adelete_by_name(file, object, name, H5P_DEFAULT);
    const hid_t id =
        H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(id >= 0 && H5Awrite(id, type, value) >= 0);
    H5Aclose(id);
    H5Sclose(space);
    H5Fclose(file);
}

/* The reader has room for one value only. */
static void check_attributes_of_many_values(void)
{
    const hsize_t nine = 9, one = 1;
    const int64_t numbers[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    const char *const words[9] = {"reslice", "b", "c", "d", "e", "f", "g", "h", "i"};
    const hid_t text = store_text_type();
    replace_attribute("/", "complete", H5T_NATIVE_INT64, H5Screate_simple(1, &one, NULL), numbers);
    store_close(open_good());
    replace_attribute("/", "complete", H5T_NATIVE_INT64, H5Screate_simple(1, &nine, NULL), numbers);
    refuse("attribute 'complete' of '/' is missing, or is not one value");
    replace_attribute("/", "complete", H5T_NATIVE_INT64, H5Screate(H5S_NULL), numbers);
    refuse("attribute 'complete' of '/' is missing, or is not one value");
    replace_attribute("/", "format", text, H5Screate_simple(1, &nine, NULL), words);
    refuse("not a reslice result file");
    H5Tclose(text);
}

/* A checksum of nine numbers: nine are more than the reader has room for. */
static void check_checksum_of_many_values(void)
{
    char name[128];
    const hsize_t nine = 9;
    const uint32_t numbers[9] = {0};
    object_path(name, &samples[0]);
    replace_attribute(name, "crc32", H5T_NATIVE_UINT32, H5Screate_simple(1, &nine, NULL), numbers);
    assert_false(store_verify(path, &err));
    assert_says("no checksum");
}

/* Puts an empty dataset in place of the first sample, with the checksum of no bytes. */
static void replace_dataset(hid_t type, hid_t space)
{
    char name[128];
    object_path(name, &samples[0]);
    const uint32_t crc = 0;
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, name, H5P_DEFAULT);
    const hid_t id = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(id >= 0);
    H5Dclose(id);
    H5Fclose(file);
    replace_attribute(name, "crc32", H5T_NATIVE_UINT32, H5Screate(H5S_SCALAR), &crc);
    H5Sclose(space);
}

static void refuse_dataset(void)
{
    char name[128];
    size_t length[STORE_AXES];
    double data[8];
    object_path(name, &samples[0]);
    struct store_file *file = open_good();
    assert_int_equal(store_shape(file, name, length), -1);
    assert_false(store_read(file, name, STORE_F64, 1, data, &err));
    assert_says("does not hold numbers");
    store_close(file);
}

/* Shapes that no file could fill, elements that are no numbers, no elements at all. */
static void check_datasets_of_other_kinds(void)
{
    const hsize_t one = 1, large[2] = {(hsize_t)1 << 31, 4}, many[6] = {1, 1, 1, 1, 1, 1};
    const hid_t text = store_text_type(), list = H5Tvlen_create(H5T_NATIVE_INT),
                opaque = H5Tcreate(H5T_OPAQUE, (size_t)1 << 30);
    replace_dataset(H5T_NATIVE_DOUBLE, H5Screate_simple(2, large, NULL));
    refuse_dataset();
    replace_dataset(H5T_NATIVE_DOUBLE, H5Screate_simple(6, many, NULL));
    refuse_dataset();
    replace_dataset(H5T_NATIVE_DOUBLE, H5Screate(H5S_NULL));
    refuse_dataset();
    replace_dataset(H5T_NATIVE_LDOUBLE, H5Screate_simple(1, &one, NULL));
    refuse_dataset();
    replace_dataset(opaque, H5Screate_simple(1, &one, NULL));
    refuse_dataset();
    replace_dataset(text, H5Screate_simple(1, &one, NULL));
    refuse_dataset();
    replace_dataset(list, H5Screate_simple(1, &one, NULL));
    refuse_dataset();
    H5Tclose(text);
    H5Tclose(list);
    H5Tclose(opaque);
}

static void test_other_contents(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    check_checksum_of_many_values();
    check_datasets_of_other_kinds();
    check_attributes_of_many_values();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    if (argc == 2) {
        write_file(argv[1]);
        return mpi_test_stop(0);
    }
    const struct CMUnitTest tests[] = {
        TEST(test_contents),           TEST(test_axes),
        TEST(test_conversion),         TEST(test_attributes),
        TEST(test_what_is_not_there),  TEST(test_list),
        TEST(test_datasets_as_stored), TEST(test_verify),
        TEST(test_part_then_rename),   TEST(test_flipped_byte),
        TEST(test_cut_file),           TEST(test_header),
        TEST(test_other_contents),
    };
    return mpi_test_stop(cmocka_run_group_tests(tests, NULL, NULL));
}
