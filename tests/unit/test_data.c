/* IDX files and data sets: what is read, and every way in which a file can be wrong. */
#define _XOPEN_SOURCE 700
#include "unit/fresh_folder.h"

#include <string.h>

#include <zlib.h>

#include "data/dataset.h"
#include "data/idx.h"

static char *users_reslice_data; /* what RESLICE_DATA was when we were called */

/* ---- writing files ---- */

struct bytes {
    size_t n;
    uint8_t at[8192];
};

static void add_byte(struct bytes *b, unsigned value)
{
    assert_true(b->n < sizeof b->at);
    b->at[b->n++] = (uint8_t)value;
}

static void add_length(struct bytes *b, uint32_t length)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        add_byte(b, length >> shift & 255U);
}

static struct bytes idx_header(int axes, const uint32_t *length)
{
    struct bytes b = {0};
    add_length(&b, 0x0800U | (uint32_t)axes);
    for (int a = 0; a < axes; a++)
        add_length(&b, length[a]);
    return b;
}

/* Parents are made as needed. */
static void make_folders(const char *path)
{
    char part[1024];
    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(part, 0777);
        *p = '/';
    }
}

static void write_plain(const char *path, const void *data, size_t n)
{
    make_folders(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void write_gzip(const char *path, const void *data, size_t n)
{
    make_folders(path);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(n ? gzwrite(file, data, (unsigned)n) : 0, n);
    assert_int_equal(gzclose(file), Z_OK);
}

static struct bytes read_plain(const char *path)
{
    struct bytes b = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    b.n = fread(b.at, 1, sizeof b.at, file);
    fclose(file);
    return b;
}

/* Pixel or label i of a file made by write_idx. */
static uint8_t pattern(size_t i, unsigned seed, unsigned values)
{
    return (uint8_t)((i * 7 + seed) % values);
}

static void write_idx(const char *path, int axes, const uint32_t *length, unsigned seed,
                      unsigned values, bool gzip)
{
    struct bytes b = idx_header(axes, length);
    size_t n = 1;
    for (int a = 0; a < axes; a++)
        n *= length[a];
    for (size_t i = 0; i < n; i++)
        add_byte(&b, pattern(i, seed, values));
    (gzip ? write_gzip : write_plain)(path, b.at, b.n);
}

/* A set with a few samples in `folder`; `seed` is its first pixel and its first label. */
enum { TRAIN_COUNT = 3, TEST_COUNT = 2, SAMPLE = 28 * 28 };

static void write_part(const char *folder, const char *part, uint32_t count, unsigned seed,
                       bool gzip)
{
    char path[1024];
    const char *end = gzip ? ".gz" : "";
    snprintf(path, sizeof path, "%s/%s-images-idx3-ubyte%s", folder, part, end);
    write_idx(path, 3, (uint32_t[]){count, 28, 28}, seed, 256, gzip);
    snprintf(path, sizeof path, "%s/%s-labels-idx1-ubyte%s", folder, part, end);
    write_idx(path, 1, &count, seed, 10, gzip);
}

static void write_set(const char *folder, unsigned seed, bool gzip)
{
    write_part(folder, "train", TRAIN_COUNT, seed, gzip);
    write_part(folder, "t10k", TEST_COUNT, seed + 1, gzip);
}

/* ---- messages ---- */

/* One line that has every word of the list, which ends with NULL. */
static void check_message(const struct error *err, const char *const *word)
{
    for (; *word; word++)
        if (!strstr(err->text, *word))
            fail_msg("'%s' is not in: %s", *word, err->text);
    assert_null(strchr(err->text, '\n'));
}

#define CHECK_MESSAGE(err, ...) check_message(err, (const char *const[]){__VA_ARGS__, NULL})

#define FAILS_TO_READ(path, axes, ...)                                                             \
    do {                                                                                           \
        struct idx idx;                                                                            \
        struct error err;                                                                          \
        assert_false(idx_read(&idx, path, axes, &err));                                            \
        assert_null(idx.data);                                                                     \
        CHECK_MESSAGE(&err, path, __VA_ARGS__);                                                    \
        assert_int_equal(mem_live_blocks(), 0);                                                    \
    } while (0)

#define FAILS_TO_LOAD(name, directory, ...)                                                        \
    do {                                                                                           \
        struct dataset set;                                                                        \
        struct error err;                                                                          \
        assert_false(dataset_load(&set, name, directory, &err));                                   \
        CHECK_MESSAGE(&err, __VA_ARGS__);                                                          \
        assert_int_equal(mem_live_blocks(), 0);                                                    \
    } while (0)

/* ---- IDX: good files ---- */

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
        assert_int_equal(idx.data[i], pattern(i, seed, 256));
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

/* ---- IDX: bad files ---- */

static void test_idx_cannot_open(void **state)
{
    (void)state;
    FAILS_TO_READ("no/such/file", 1, "cannot open", "No such file");
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
            assert_int_equal(idx.data[i], pattern(i, 0, 251));
        mem_free(idx.data);
    }
}

/* ---- data sets ---- */

static struct dataset load(const char *name, const char *directory)
{
    struct dataset set;
    struct error err;
    if (!dataset_load(&set, name, directory, &err))
        fail_msg("%s", err.text);
    return set;
}

static void test_dataset_names(void **state)
{
    (void)state;
    assert_non_null(strstr(dataset_names(), "mnist, fashion-mnist"));
    assert_ptr_equal(dataset_names(), dataset_names());
    FAILS_TO_LOAD("mnits", root, "'mnits'", dataset_names());
}

static void check_part(const struct dataset_part *part, size_t count, unsigned seed)
{
    assert_int_equal(part->count, count);
    for (size_t i = 0; i < count * SAMPLE; i++)
        assert_int_equal(part->pixel[i], pattern(i, seed, 256));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(part->label[i], pattern(i, seed, 10));
}

static void test_dataset_loads(void **state)
{
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        char folder[16];
        snprintf(folder, sizeof folder, "set%d", gzip);
        write_set(folder, 3, gzip);
        struct dataset set = load("mnist", folder);
        assert_string_equal(set.name, "mnist");
        assert_int_equal(set.channels, 1);
        assert_int_equal(set.height, 28);
        assert_int_equal(set.width, 28);
        assert_int_equal(set.classes, 10);
        assert_int_equal(dataset_sample_size(&set), SAMPLE);
        check_part(&set.train, TRAIN_COUNT, 3);
        check_part(&set.test, TEST_COUNT, 4);
        dataset_free(&set);
        assert_null(set.train.pixel);
        dataset_free(&set); /* twice is allowed */
    }
}

static void check_normalisation(const char *name, float mean, float std)
{
    struct dataset set = load(name, root);
    const uint32_t index[] = {2, 0, 2, 1};
    float out[4 * SAMPLE + 1];
    out[4 * SAMPLE] = 42;
    dataset_batch(&set, &set.train, index, 4, out, dataset_sample_size(&set));
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < SAMPLE; j++) {
            const uint8_t pixel = set.train.pixel[index[i] * SAMPLE + j];
            const float want = ((float)pixel / 255.0F - mean) / std;
            assert_memory_equal(&out[i * SAMPLE + j], &want, sizeof want);
        }
    assert_true(out[4 * SAMPLE] == 42); /* nothing beyond */
    dataset_free(&set);
}

static void test_dataset_normalises(void **state)
{
    (void)state;
    write_set(root, 0, false);
    check_normalisation("mnist", 0.1307F, 0.3081F);
    check_normalisation("fashion-mnist", 0.2860F, 0.3530F);
}

/* Made by hand, as `bench` does: three channels with a mean and deviation each. */
static void test_dataset_batch_of_colours(void **state)
{
    (void)state;
    uint8_t pixel[2 * 3 * 4], label[2] = {0, 1};
    for (size_t i = 0; i < sizeof pixel; i++)
        pixel[i] = (uint8_t)(i * 11);
    const struct dataset set = {
        .channels = 3,
        .height = 2,
        .width = 2,
        .mean = {0.1F, 0.2F, 0.3F},
        .std = {0.5F, 0.6F, 0.7F}
    };
    const struct dataset_part part = {2, pixel, label};
    float out[2 * 3 * 4];
    dataset_batch(&set, &part, (uint32_t[]){1, 0}, 2, out, dataset_sample_size(&set));
    for (size_t i = 0; i < 24; i++) {
        const size_t c = i / 4 % 3, from = (i + 12) % 24;
        const float want = ((float)pixel[from] / 255.0F - set.mean[c]) / set.std[c];
        assert_memory_equal(&out[i], &want, sizeof want);
    }
}

/* ---- where sets are looked for: each has another first pixel ---- */

static void check_first_pixel(const char *name, const char *directory, unsigned seed)
{
    struct dataset set = load(name, directory);
    assert_int_equal(set.train.pixel[0], seed);
    assert_int_equal(set.test.pixel[0], seed + 1);
    dataset_free(&set);
}

static void test_search_in_given_directory(void **state)
{
    (void)state;
    write_set("given", 10, false);
    write_set("env", 20, false);
    setenv("RESLICE_DATA", "env", 1);
    check_first_pixel("mnist", "given", 10);
    check_first_pixel("mnist", "given/", 10);
    write_set("given/MNIST/raw", 11, true);
    check_first_pixel("mnist", "given", 11);
    write_set("given/mnist", 12, true);
    check_first_pixel("mnist", "given", 12);
    write_set("given/mnist", 13, false); /* plain before gzip */
    check_first_pixel("mnist", "given", 13);
    FAILS_TO_LOAD("mnist", "elsewhere", "elsewhere"); /* and nowhere else */
}

static void test_search_in_usual_places(void **state)
{
    (void)state;
    write_set("data/mnist", 30, true);
    check_first_pixel("mnist", NULL, 30);
    setenv("RESLICE_DATA", "", 1);
    check_first_pixel("mnist", NULL, 30);
    setenv("RESLICE_DATA", "nowhere", 1);
    check_first_pixel("mnist", NULL, 30);
    write_set("env", 20, true);
    setenv("RESLICE_DATA", "env", 1);
    check_first_pixel("mnist", NULL, 20);
    write_set("env/mnist", 21, true);
    check_first_pixel("mnist", NULL, 21);
}

/* Files that lie in ./data itself may be of any set. */
static void test_search_not_in_data_itself(void **state)
{
    (void)state;
    write_set("data", 30, false);
    if (access("/usr/share/datasets/mnist", F_OK) != 0)
        FAILS_TO_LOAD("mnist", NULL, "./data/mnist");
}

static void test_search_takes_no_other_set(void **state)
{
    (void)state;
    write_set("data/fashion-mnist", 40, false);
    FAILS_TO_LOAD("mnist", "data", "data/mnist", "data/fetch.sh mnist");
    FAILS_TO_LOAD("mnist", "data/fashion-mnist", "data/fashion-mnist (its name is that of another");
    assert_int_equal(chdir("data/fashion-mnist"), 0);
    FAILS_TO_LOAD("mnist", ".", "another set");
    check_first_pixel("fashion-mnist", ".", 40);
}

static void test_search_names_every_place(void **state)
{
    (void)state;
    FAILS_TO_LOAD("fashion-mnist", root, "'fashion-mnist' not found",
                  "data/fetch.sh fashion-mnist DIR", "apt install dataset-fashion-mnist", root,
                  "/fashion-mnist, ", "/FashionMNIST/raw, ");
    setenv("RESLICE_DATA", "/env", 1);
    if (access("/usr/share/datasets/mnist", F_OK) != 0)
        FAILS_TO_LOAD("mnist", NULL, "'mnist' not found", "data/fetch.sh mnist DIR", "/env/mnist, ",
                      "/env/MNIST/raw, ", "/env, ", "./data/mnist, ", "/usr/share/datasets/mnist");
}

/* A path that does not fit is a missing set, not a crash. */
static void test_search_very_long_path(void **state)
{
    (void)state;
    char path[6000];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    FAILS_TO_LOAD("mnist", path, "'mnist' not found");
}

/* ---- sets whose files do not fit together ---- */

static void test_dataset_missing_file(void **state)
{
    (void)state;
    static const char *const file[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                       "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
    for (int i = 0; i < 4; i++) {
        write_set("set", 0, false);
        char path[64];
        snprintf(path, sizeof path, "set/%s", file[i]);
        assert_int_equal(remove(path), 0);
        FAILS_TO_LOAD("mnist", "set", path, "missing", ".gz");
    }
}

static void test_dataset_label_count(void **state)
{
    (void)state;
    write_set("set", 0, false);
    write_idx("set/t10k-labels-idx1-ubyte", 1, (uint32_t[]){TEST_COUNT + 1}, 0, 10, false);
    FAILS_TO_LOAD("mnist", "set", "set/t10k-labels-idx1-ubyte", "3 labels for 2 images");
    write_idx("set/train-labels-idx1-ubyte", 1, (uint32_t[]){TRAIN_COUNT - 1}, 0, 10, false);
    FAILS_TO_LOAD("mnist", "set", "set/train-labels-idx1-ubyte", "2 labels for 3 images");
}

static void test_dataset_label_range(void **state)
{
    (void)state;
    write_set("set", 0, false);
    write_idx("set/train-labels-idx1-ubyte", 1, (uint32_t[]){TRAIN_COUNT}, 3, 11, false);
    FAILS_TO_LOAD("mnist", "set", "set/train-labels-idx1-ubyte", "label 10 of sample 1", "0 to 9");
}

static void test_dataset_image_size(void **state)
{
    (void)state;
    write_set("set", 0, false);
    write_idx("set/t10k-images-idx3-ubyte", 3, (uint32_t[]){TEST_COUNT, 27, 28}, 0, 256, false);
    FAILS_TO_LOAD("mnist", "set", "set/t10k-images-idx3-ubyte", "27 x 28", "28 x 28");
}

static void test_dataset_empty(void **state)
{
    (void)state;
    write_set("set", 0, false);
    write_part("set", "t10k", 0, 0, false);
    FAILS_TO_LOAD("mnist", "set", "set/t10k-images-idx3-ubyte", "no images", "at least 1");
}

static void test_dataset_swapped_files(void **state)
{
    (void)state;
    write_set("set", 0, false);
    assert_int_equal(rename("set/train-images-idx3-ubyte", "set/train-labels-idx1-ubyte"), 0);
    write_idx("set/train-images-idx3-ubyte", 1, (uint32_t[]){TRAIN_COUNT}, 0, 10, false);
    FAILS_TO_LOAD("mnist", "set", "set/train-images-idx3-ubyte", "1 axes", "mislabelled");
}

static void test_dataset_damaged_file(void **state)
{
    (void)state;
    write_set("set", 0, true);
    struct bytes b = read_plain("set/t10k-labels-idx1-ubyte.gz");
    b.at[b.n - 5] ^= 1;
    write_plain("set/t10k-labels-idx1-ubyte.gz", b.at, b.n);
    FAILS_TO_LOAD("mnist", "set", "set/t10k-labels-idx1-ubyte.gz",
                  "damaged gzip file: incorrect data check");
}

/* ---- the real Fashion-MNIST, from /usr/share/datasets or the user's RESLICE_DATA ---- */

static void check_balance(const struct dataset_part *part)
{
    size_t count[10] = {0};
    for (size_t i = 0; i < part->count; i++)
        count[part->label[i]]++;
    for (int c = 0; c < 10; c++)
        assert_int_equal(count[c], part->count / 10);
}

static void test_real_fashion_mnist(void **state)
{
    (void)state;
    if (users_reslice_data)
        setenv("RESLICE_DATA", users_reslice_data, 1);
    struct dataset set = load("fashion-mnist", NULL);
    assert_int_equal(set.train.count, 60000);
    assert_int_equal(set.test.count, 10000);
    const uint8_t train[] = {9, 0, 0, 3, 0, 2, 7, 2, 5, 5};
    const uint8_t test[] = {9, 2, 1, 1, 6, 1, 4, 6, 5, 7};
    assert_memory_equal(set.train.label, train, sizeof train);
    assert_memory_equal(set.test.label, test, sizeof test);
    check_balance(&set.train);
    check_balance(&set.test);
    double sum = 0;
    for (size_t i = 0; i < set.train.count * SAMPLE; i++)
        sum += set.train.pixel[i];
    const double mean = sum / 255 / (double)(set.train.count * SAMPLE);
    assert_true(mean > 0.28595 && mean < 0.28605); /* the published 0.2860 */
    dataset_free(&set);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh_folder_setup, fresh_folder_teardown)

int main(void)
{
    const char *env = getenv("RESLICE_DATA");
    users_reslice_data = env ? realpath(env, NULL) : NULL; /* tests change the folder */
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
        TEST(test_dataset_names),
        TEST(test_dataset_loads),
        TEST(test_dataset_normalises),
        TEST(test_dataset_batch_of_colours),
        TEST(test_search_in_given_directory),
        TEST(test_search_in_usual_places),
        TEST(test_search_not_in_data_itself),
        TEST(test_search_takes_no_other_set),
        TEST(test_search_names_every_place),
        TEST(test_search_very_long_path),
        TEST(test_dataset_missing_file),
        TEST(test_dataset_label_count),
        TEST(test_dataset_label_range),
        TEST(test_dataset_image_size),
        TEST(test_dataset_empty),
        TEST(test_dataset_swapped_files),
        TEST(test_dataset_damaged_file),
        TEST(test_real_fashion_mnist),
    };
    const int failed = cmocka_run_group_tests_name("data", tests, NULL, NULL);
    free(users_reslice_data);
    return failed;
}
