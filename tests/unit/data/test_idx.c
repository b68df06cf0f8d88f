/* IDX files: what is read, and every way in which a file can be wrong. */
#define _XOPEN_SOURCE 700
#include "unit/data/data_sets.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/error.h"
#include "data/idx.h"
#include "unit/data/idx_files.h"

#define FAILS_TO_READ(path, axes, ...)                                                             \
    do {                                                                                           \
        struct idx idx;                                                                            \
        struct error err;                                                                          \
        assert_false(idx_read(&idx, path, axes, &err));                                            \
        assert_null(idx.data);                                                                     \
        CHECK_MESSAGE(&err, path, __VA_ARGS__);                                                    \
        assert_int_equal(mem_live_blocks(), 0);                                                    \
    } while (0)

/* ---- good files ---- */

static void check_idx(const char *path, int axes, const uint32_t *length, unsigned seed)
{
    struct idx idx;
    struct error err;
    if (!idx_read(&idx, path, axes, &err))
        fail_msg("%s", err.text);
    assert_int_equal(idx.axes, axes);
    size_t n = 1;
    for (int a = 0; a < axes; a++) {
        assert_int_equal(idx.length[a], length[a]);
        n *= length[a];
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(idx.data[i], idx_pattern(i, seed, 256));
    assert_int_equal(mem_live_blocks(), 1);
    mem_free(idx.data);
}

static void test_idx_reads_plain_and_gzip(void **state)
{
    (void)state;
    const uint32_t length[] = {3, 5, 2, 4};
    for (int axes = 1; axes <= 4; axes++)
        for (int gzip = 0; gzip < 2; gzip++) {
            write_idx("file", axes, length, 9, 256, gzip);
            check_idx("file", axes, length, 9);
        }
}

static void test_idx_reads_zero_items(void **state)
{
    (void)state;
    const uint32_t length[] = {0, 0xFFFFFFFF, 0xFFFFFFFF};
    for (int gzip = 0; gzip < 2; gzip++) {
        const struct bytes b = idx_header(3, length);
        (gzip ? write_gzip : write_plain)("empty", b.at, b.n);
        check_idx("empty", 3, length, 0);
    }
}

static void test_idx_reads_well_packed_gzip(void **state)
{
    (void)state; /* zeros: close to the best ratio that gzip can reach */
    const uint32_t n = 10000000;
    const struct bytes header = idx_header(1, &n);
    uint8_t *zeros = calloc(n, 1);
    assert_non_null(zeros);
    gzFile file = gzopen("zeros", "wb9");
    assert_int_equal(gzwrite(file, header.at, (unsigned)header.n), header.n);
    assert_int_equal(gzwrite(file, zeros, n), n);
    assert_int_equal(gzclose(file), Z_OK);
    free(zeros);
    struct idx idx;
    struct error err;
    if (!idx_read(&idx, "zeros", 1, &err))
        fail_msg("%s", err.text);
    assert_int_equal(idx.length[0], n);
    mem_free(idx.data);
}

/* ---- bad files ---- */

static void test_idx_cannot_open(void **state)
{
    (void)state;
    FAILS_TO_READ("no/such/file", 1, "cannot open", "No such file");
    assert_int_equal(mkfifo("pipe", 0600), 0); /* nobody writes to it */
    FAILS_TO_READ("pipe", 1, "not a regular file");
    unlink("pipe");
    FAILS_TO_READ("/", 1, "cannot read: Is a directory");
    FAILS_TO_READ("file", 0, "0 axes", "1 to 4");
    FAILS_TO_READ("file", 5, "5 axes", "1 to 4");
}

/* The same mistake plain and gzipped gives the same words. */
#define BAD_FILE(b, axes, ...)                                                                     \
    do {                                                                                           \
        write_plain("bad-plain", (b).at, (b).n);                                                   \
        FAILS_TO_READ("bad-plain", axes, __VA_ARGS__);                                             \
        write_gzip("bad.gz", (b).at, (b).n);                                                       \
        FAILS_TO_READ("bad.gz", axes, __VA_ARGS__);                                                \
    } while (0)

static void test_idx_wrong_header(void **state)
{
    (void)state;
    const struct bytes png = {8, "\x89PNG\r\n\x1a\n"};
    BAD_FILE(png, 3, "not an IDX file", "89 50 4e 47", "00 00 08 03");
    const struct bytes floats = {
        8, {0, 0, 0x0D, 1, 0, 0, 0, 1}
    };
    BAD_FILE(floats, 1, "type 0x0d", "0x08");
    const struct bytes labels = idx_header(1, (uint32_t[]){0});
    BAD_FILE(labels, 3, "1 axes", "allowed is 3", "mislabelled");
    const struct bytes images = idx_header(3, (uint32_t[]){0, 28, 28});
    BAD_FILE(images, 1, "3 axes", "allowed is 1", "mislabelled");
}

static void test_idx_short_header(void **state)
{
    (void)state;
    struct bytes b = idx_header(3, (uint32_t[]){1, 1, 1});
    b.n = 0;
    BAD_FILE(b, 3, "truncated", "header takes 4 bytes, found 0");
    b.n = 3;
    BAD_FILE(b, 3, "truncated", "header takes 4 bytes, found 3");
    b.n = 15;
    BAD_FILE(b, 3, "truncated", "header takes 16 bytes, found 15");
}

static void test_idx_absurd_size(void **state)
{
    (void)state;
    const struct bytes overflow = idx_header(3, (uint32_t[]){0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF});
    BAD_FILE(overflow, 3, "absurd", "4294967295 x 4294967295 x 4294967295", "16 GiB");
    /* 2^64 and 2^66 are 0 for a careless product */
    const struct bytes zero = idx_header(3, (uint32_t[]){1U << 31, 1U << 31, 4});
    BAD_FILE(zero, 3, "absurd", "16 GiB");
    const struct bytes more = idx_header(2, (uint32_t[]){(1U << 31) + 1, 8});
    BAD_FILE(more, 2, "absurd", "2147483649 x 8", "16 GiB");
    /* exactly the limit: allowed, but it is not there, and must not be allocated to see that */
    const struct bytes limit = idx_header(2, (uint32_t[]){1U << 31, 8});
    BAD_FILE(limit, 2, "truncated", "17179869184 bytes, found 0");
}

static void test_idx_truncated(void **state)
{
    (void)state;
    struct bytes b = idx_header(2, (uint32_t[]){10, 10});
    for (int i = 0; i < 99; i++)
        add_byte(&b, 1);
    BAD_FILE(b, 2, "truncated", "promises 100 bytes, found 99");
}

static void test_idx_trailing_bytes(void **state)
{
    (void)state;
    struct bytes b = idx_header(2, (uint32_t[]){10, 10});
    for (int i = 0; i < 103; i++)
        add_byte(&b, 1);
    BAD_FILE(b, 2, "3 trailing bytes", "100");
}

static void test_idx_damaged_gzip(void **state)
{
    (void)state;
    write_idx("good.gz", 1, (uint32_t[]){4000}, 0, 251, true);
    const struct bytes good = read_plain("good.gz");

    struct bytes crc = good;
    crc.at[crc.n - 8] ^= 1; /* CRC-32, then the length, four bytes each */
    write_plain("crc.gz", crc.at, crc.n);
    FAILS_TO_READ("crc.gz", 1, "damaged gzip", "incorrect data check");

    struct bytes length = good;
    length.at[length.n - 1] ^= 1;
    write_plain("length.gz", length.at, length.n);
    FAILS_TO_READ("length.gz", 1, "damaged gzip", "incorrect length check");

    struct bytes short_crc = good;
    short_crc.n -= 3; /* all data are there */
    write_plain("end.gz", short_crc.at, short_crc.n);
    FAILS_TO_READ("end.gz", 1, "damaged gzip", "unexpected end of file");

    struct bytes half = good;
    half.n /= 2;
    write_plain("half.gz", half.at, half.n);
    FAILS_TO_READ("half.gz", 1, "truncated", "4000 bytes, found", "unexpected end of file");
}

/* No single wrong byte makes a damaged file pass for a good one with other contents. */
static void test_idx_every_flipped_byte(void **state)
{
    (void)state;
    write_idx("good.gz", 1, (uint32_t[]){300}, 0, 251, true);
    const struct bytes good = read_plain("good.gz");
    for (size_t at = 0; at < good.n; at++) {
        struct bytes bad = good;
        bad.at[at] ^= 0xFF;
        write_plain("bad.gz", bad.at, bad.n);
        struct idx idx;
        struct error err;
        if (!idx_read(&idx, "bad.gz", 1, &err)) {
            CHECK_MESSAGE(&err, "bad.gz");
            assert_int_equal(mem_live_blocks(), 0);
            continue;
        }
        for (size_t i = 0; i < 300; i++) /* a byte of gzip's own header: time, system */
            assert_int_equal(idx.data[i], idx_pattern(i, 0, 251));
        mem_free(idx.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_idx_reads_plain_and_gzip),
        TEST(test_idx_reads_zero_items),
        TEST(test_idx_reads_well_packed_gzip),
        TEST(test_idx_cannot_open),
        TEST(test_idx_wrong_header),
        TEST(test_idx_short_header),
        TEST(test_idx_absurd_size),
        TEST(test_idx_truncated),
        TEST(test_idx_trailing_bytes),
        TEST(test_idx_damaged_gzip),
        TEST(test_idx_every_flipped_byte),
    };
    return cmocka_run_group_tests_name("idx", tests, NULL, NULL);
}
