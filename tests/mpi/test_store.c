/* Result files: written by all ranks, read and checked by each.
 *
 *     test_store           the tests
 *     test_store FILE.h5   only writes the sample file (for e2e/store_test.sh)
 */
#define _POSIX_C_SOURCE 200809L
#include "store_sample.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/comm.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_hdf5.h"

/* ---- reading back ---- */

static void test_contents(void **state)
{
    (void)state;
    struct store_file *file = open_sample(); /* on every rank */
    for (size_t i = 0; i < stored_sample_count; i++)
        check_contents(file, &stored_samples[i]);
    store_close(file);
}

static void test_axes(void **state)
{
    (void)state;
    struct store_file *file = open_sample();
    int32_t sign[2], slice[4], bit[5];
    assert_true(store_read(file, "/split2/sign", STORE_I32, 2, sign, &sample_error));
    assert_memory_equal(sign, LABEL_SIGN, sizeof sign);
    assert_true(store_read(file, "/split2/slice", STORE_I32, 4, slice, &sample_error));
    for (int i = 0; i < 4; i++)
        assert_int_equal(slice[i], i);
    assert_true(store_read(file, "/split2/bit", STORE_I32, 5, bit, &sample_error));
    assert_memory_equal(bit, LABEL_BITS, sizeof bit);
    store_close(file);
}

static void test_conversion(void **state)
{
    (void)state;
    struct store_file *file = open_sample();
    double x[24];
    assert_true(store_read(file, "/rank0/deep/er/cube", STORE_F64, 24, x, &sample_error));
    float y[24];
    assert_true(store_read(file, "/rank0/deep/er/cube", STORE_F32, 24, y, &sample_error));
    for (int i = 0; i < 24; i++)
        assert_true(y[i] == (float)x[i]);
    store_close(file);
}

static void test_attributes(void **state)
{
    (void)state;
    struct store_file *file = open_sample();
    char *text = long_text(), *found = mem_alloc(LONG_TEXT + 5, 1, "found");
    int64_t integer;
    double real;
    assert_true(store_get_text(file, "/", "config", found, LONG_TEXT + 5, &sample_error));
    assert_string_equal(found, text);
    assert_false(store_get_text(file, "/", "config", found, strlen(text), &sample_error));
    assert_says("attribute 'config' of '/' has 100");
    assert_says("; allowed: at most ");
    char *taken = store_take_text(file, "/", "config", &sample_error);
    assert_string_equal(taken, text);
    mem_free(taken);
    assert_true(store_get_text(file, "/", "empty", found, 10, &sample_error));
    assert_string_equal(found, "");
    assert_true(store_get_integer(file, "/", "smallest", &integer, &sample_error));
    assert_true(integer == INT64_MIN);
    assert_true(store_get_integer(file, "/split1/few", "exponent", &integer, &sample_error));
    assert_true(integer == -3);
    assert_true(store_get_real(file, "/group", "tenth", &real, &sample_error));
    assert_true(real == 0.1);
    assert_true(store_get_text(file, "/split2/sum", "units", found, 10, &sample_error));
    assert_string_equal(found, "1");
    mem_free(text);
    mem_free(found);
    store_close(file);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    struct store_file *file = open_sample();
    size_t length[STORE_AXES];
    int32_t x[64];
    int64_t integer;
    double real;
    char text[8];
    assert_false(store_has(file, "/split2/summ"));
    assert_false(store_has(file, "/nowhere/at/all"));
    assert_int_equal(store_shape(file, "/nowhere/at/all", length), -1);
    assert_false(store_read(file, "/nowhere/at/all", STORE_I32, 1, x, &sample_error));
    assert_says("/nowhere/at/all");
    assert_false(store_read(file, "/split1/few", STORE_I32, 3, x, &sample_error));
    assert_says("/split1/few' has 2 elements, expected 3");
    assert_false(store_get_integer(file, "/", "nothing", &integer, &sample_error));
    assert_says("nothing");
    assert_false(store_get_real(file, "/nowhere", "tenth", &real, &sample_error));
    assert_says("tenth");
    assert_false(store_get_text(file, "/group", "words", text, sizeof text, &sample_error));
    assert_says("words");
    store_close(file);
}

static void test_list(void **state)
{
    (void)state;
    static const char *const expected[] = {"bytes",  "few",    "few_index", "index", "one",
                                           "sample", "single", "tall",      "wide"};
    struct store_file *file = open_sample();
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
    const hid_t file = H5Fopen(sample_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (size_t i = 0; i < stored_sample_count; i++) {
        char name[128];
        object_path(name, &stored_samples[i]);
        const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
        const hid_t list = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
        assert_int_equal(H5Pget_layout(list), H5D_CONTIGUOUS);
        assert_true(H5Tequal(type, store_hdf5_type(stored_samples[i].type)) > 0);
        assert_true(H5Aexists(dataset, "description") > 0);
        check_checksum(dataset, name);
        check_scales(dataset, file, &stored_samples[i]);
        H5Tclose(type);
        H5Pclose(list);
        H5Dclose(dataset);
    }
    H5Fclose(file);
}

static void test_verify(void **state)
{
    (void)state;
    if (!store_verify(sample_path, &sample_error))
        fail_msg("%s", sample_error.text);
}

/* The new file appears at once when it is whole; until then the old one stays. */
static void test_part_then_rename(void **state)
{
    (void)state;
    char part[128];
    int64_t mark = 0;
    snprintf(part, sizeof part, "%s.part", sample_path);
    assert_int_not_equal(access(part, F_OK), 0);
    comm_all_true(true);
    struct store *store = store_create(sample_path, 1000);
    assert_int_equal(access(part, F_OK), 0);
    write_attributes(store);
    store_integer(store, "/", "mark", 7);
    struct store_file *old = open_sample();
    assert_true(store_has(old, "/split2/sum"));
    store_close(old);
    store_finish(store);
    assert_int_not_equal(access(part, F_OK), 0);
    struct store_file *file = open_sample();
    assert_true(store_get_integer(file, "/", "mark", &mark, &sample_error));
    assert_true(mark == 7);
    assert_false(store_has(file, "/split2/sum"));
    store_close(file);
}

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
        TEST(test_part_then_rename),
    };
    return mpi_test_stop(cmocka_run_group_tests(tests, NULL, NULL));
}
