/* Result files that are damaged, or hold something else: what is refused, and what it says. Rank 0
 * alone works here. */
#define _DEFAULT_SOURCE /* flock */
#include "store_sample.h"

#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/comm.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_hdf5.h"

/* ---- damage ---- */

static long offset_of(const char *dataset)
{
    const hid_t file = H5Fopen(sample_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t id = H5Dopen2(file, dataset, H5P_DEFAULT);
    const long offset = (long)H5Dget_offset(id);
    H5Dclose(id);
    H5Fclose(file);
    return offset;
}

static void flip_byte(long place)
{
    FILE *file = fopen(sample_path, "r+b");
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
    for (size_t i = 0; i < stored_sample_count; i++) {
        const struct sample *s = &stored_samples[i];
        const size_t n = product(s, 0, s->axes), bytes = n * store_type_size(s->type);
        char name[128], *data = mem_alloc(bytes, 1, "data");
        object_path(name, s);
        const long places[] = {0, (long)bytes / 2, (long)bytes - 1}, start = offset_of(name);
        for (int p = 0; p < 3; p++) {
            flip_byte(start + places[p]);
            struct store_file *file = open_sample();
            assert_false(store_read(file, name, s->type, n, data, &sample_error));
            assert_says(name);
            assert_says("damaged");
            check_contents(file,
                           &stored_samples[(i + 1) % stored_sample_count]); /* the rest is fine */
            store_close(file);
            assert_false(store_verify(sample_path, &sample_error));
            assert_says(name + 1);
            flip_byte(start + places[p]);
        }
        mem_free(data);
    }
    assert_true(store_verify(sample_path, &sample_error));
}

static void refuse(const char *word)
{
    struct store_file *file = store_open(sample_path, &sample_error);
    assert_null(file);
    assert_says(word);
}

static void test_cut_file(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    FILE *file = fopen(sample_path, "rb");
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    fclose(file);
    static const char *const words[] = {"damaged: truncated, ",
                                        "damaged: truncated, 3000 of ",
                                        "damaged: truncated, 100 of ",
                                        "damaged, or its disk fails: HDF5 says '",
                                        "not an HDF5 file",
                                        "not an HDF5 file: it is empty"};
    const long lengths[] = {size - 1, 3000, 100, 8, 1, 0};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(truncate(sample_path, lengths[i]), 0);
        refuse(words[i]);
    }
    unlink(sample_path);
    refuse("no such file");
}

/* ---- files that are whole, but cannot be opened ---- */

/* Another process locks the file as HDF5 does, with flock. */
static pid_t hold(int how)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        const int fd = open(sample_path, O_RDWR);
        const bool fine = fd >= 0 && flock(fd, how) == 0;
        if (write(ready[1], fine ? "y" : "n", 1) == 1)
            pause();
        _exit(1);
    }
    char answer;
    assert_int_equal(read(ready[0], &answer, 1), 1);
    assert_int_equal(answer, 'y');
    close(ready[0]);
    close(ready[1]);
    return child;
}

static void let_go(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* A viewer that may write (h5py's "r+") is in the way, one that reads is not; afterwards all is well. */
static void test_open_elsewhere(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    pid_t child = hold(LOCK_EX);
    refuse("another process has it open for writing");
    assert_true(store_is_in_use(sample_path));
    assert_int_equal(error_status(&sample_error), ERROR_STATUS_ENVIRONMENT);
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    store_close(open_sample()); /* the user knows better */
    unsetenv("HDF5_USE_FILE_LOCKING");
    let_go(child);
    child = hold(LOCK_SH);
    store_close(open_sample());
    let_go(child);
    assert_false(store_is_in_use(sample_path));
    store_close(open_sample());
}

/* A second reader, and a writer that comes while we read, see our lock. */
static void test_own_lock(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    struct store_file *one = open_sample(), *two = open_sample();
    const int fd = open(sample_path, O_RDWR);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
    store_close(one);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
    store_close(two);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    close(fd);
}

/* Superblocks of version 3 say that a writer has not closed the file. */
static void test_not_closed(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    char saved[sizeof sample_path];
    memcpy(saved, sample_path, sizeof sample_path);
    strcat(sample_path, ".latest");
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    assert_true(H5Fclose(H5Fcreate(sample_path, H5F_ACC_TRUNC, H5P_DEFAULT, access)) >= 0);
    H5Pclose(access);
    refuse("not a reslice result file");
    FILE *file = fopen(sample_path, "r+b");
    fseek(file, 8, SEEK_SET);
    assert_int_equal(fgetc(file), 3);
    fseek(file, 11, SEEK_SET);
    fputc(1, file);
    fclose(file);
    refuse("open for writing, or ended without closing it");
    unlink(sample_path);
    memcpy(sample_path, saved, sizeof sample_path);
}

static void test_no_file(void **state)
{
    (void)state;
    if (comm_rank() != 0)
        return;
    char saved[sizeof sample_path];
    memcpy(saved, sample_path, sizeof sample_path);
    strcpy(sample_path, "/tmp");
    refuse("/tmp: not a file");
    strcpy(sample_path, "/dev/null/x");
    refuse("/dev/null/x: Not a directory");
    assert_int_equal(error_status(&sample_error), ERROR_STATUS_USER);
    memcpy(sample_path, saved, sizeof sample_path);
}

/* A root attribute of a copy that is otherwise right. */
static void set_root_integer(const char *name, int64_t value)
{
    const hid_t file = H5Fopen(sample_path, H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT64, &value);
    H5Aclose(attribute);
    H5Fclose(file);
}

static void delete_root_attribute(const char *name)
{
    const hid_t file = H5Fopen(sample_path, H5F_ACC_RDWR, H5P_DEFAULT);
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
    const hid_t file = H5Fopen(sample_path, H5F_ACC_RDWR, H5P_DEFAULT);
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
    store_close(open_sample());
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
    object_path(name, &stored_samples[0]);
    replace_attribute(name, "crc32", H5T_NATIVE_UINT32, H5Screate_simple(1, &nine, NULL), numbers);
    assert_false(store_verify(sample_path, &sample_error));
    assert_says("no checksum");
}

/* Puts an empty dataset in place of the first sample, with the checksum of no bytes. */
static void replace_dataset(hid_t type, hid_t space)
{
    char name[128];
    object_path(name, &stored_samples[0]);
    const uint32_t crc = 0;
    const hid_t file = H5Fopen(sample_path, H5F_ACC_RDWR, H5P_DEFAULT);
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
    object_path(name, &stored_samples[0]);
    struct store_file *file = open_sample();
    assert_int_equal(store_shape(file, name, length), -1);
    assert_false(store_read(file, name, STORE_F64, 1, data, &sample_error));
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

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        TEST(test_flipped_byte), TEST(test_cut_file),       TEST(test_open_elsewhere),
        TEST(test_own_lock),     TEST(test_not_closed),     TEST(test_no_file),
        TEST(test_header),       TEST(test_other_contents),
    };
    return mpi_test_stop(cmocka_run_group_tests(tests, NULL, NULL));
}
