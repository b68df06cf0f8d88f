/* Where data sets are looked for: each has another first pixel. */
#define _XOPEN_SOURCE 700
#include "unit/data/data_sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/data/idx_files.h"

static void check_first_pixel(const char *name, const char *directory, unsigned seed)
{
    struct dataset set = load_set(name, directory);
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
    FAILS_TO_LOAD("fashion-mnist", fresh_root, "'fashion-mnist' not found",
                  "data/fetch.sh fashion-mnist DIR", "apt install dataset-fashion-mnist",
                  fresh_root, "/fashion-mnist, ", "/FashionMNIST/raw, ");
    setenv("RESLICE_DATA", "/env", 1);
    if (access("/usr/share/datasets/mnist", F_OK) != 0)
        FAILS_TO_LOAD("mnist", NULL, "'mnist' not found", "data/fetch.sh mnist DIR", "/env/mnist, ",
                      "/env/MNIST/raw, ", "/env, ", "./data/mnist, ", "/usr/share/datasets/mnist");
}

static void rename_in(const char *folder, const char *from, const char *to)
{
    char a[256], b[256];
    snprintf(a, sizeof a, "%s/%s", folder, from);
    snprintf(b, sizeof b, "%s/%s", folder, to);
    assert_int_equal(rename(a, b), 0);
}

/* As Kaggle passes MNIST on: a dot, and beside it folders of the usual names. */
static void test_search_other_spelling(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
        {"train-labels-idx1-ubyte", "train-labels.idx1-ubyte"},
        {"t10k-images-idx3-ubyte",  "t10k-images.idx3-ubyte" },
        {"t10k-labels-idx1-ubyte",  "t10k-labels.idx1-ubyte" }
    };
    write_set("dots/mnist", 50, false);
    write_set("packed", 60, true);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char from[64], to[64];
        rename_in("dots/mnist", names[i][0], names[i][1]);
        snprintf(from, sizeof from, "dots/mnist/%s", names[i][0]);
        assert_int_equal(mkdir(from, 0777), 0); /* folders of the plain names */
        snprintf(from, sizeof from, "%s.gz", names[i][0]);
        snprintf(to, sizeof to, "%s.gz", names[i][1]);
        rename_in("packed", from, to);
    }
    check_first_pixel("mnist", "dots", 50);
    check_first_pixel("mnist", "packed", 60);
    rename_in("packed", "t10k-labels.idx1-ubyte.gz", "labels");
    FAILS_TO_LOAD("mnist", "packed", "packed/t10k-labels-idx1-ubyte': missing",
                  "t10k-labels-idx1-ubyte, t10k-labels-idx1-ubyte.gz, t10k-labels.idx1-ubyte or "
                  "t10k-labels.idx1-ubyte.gz");
    FAILS_TO_LOAD("mnist", fresh_root,
                  "looked for train-images-idx3-ubyte, train-images-idx3-ubyte.gz, "
                  "train-images.idx3-ubyte or train-images.idx3-ubyte.gz");
}

static void write_empty(const char *folder, const char *file)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    write_plain(path, "", 0);
}

/* The set is there in a form that is not read: the message says which, and what to get. */
static void test_search_finds_other_forms(void **state)
{
    (void)state;
    write_empty("py/cifar-10-batches-py", "data_batch_1");
    write_empty("py/cifar-100-python", "meta");
    write_empty("tar", "cifar-10-binary.tar.gz");
    write_empty("tar", "cifar-100-python.tar.gz");
    write_empty("keras", "mnist.npz");
    FAILS_TO_LOAD("cifar10", "py", "'cifar10' not found",
                  "'py/cifar-10-batches-py/data_batch_1' is of its Python version (pickles)",
                  "cifar-10-binary.tar.gz", "data/fetch.sh cifar10 DIR", "data_batch_1.bin");
    FAILS_TO_LOAD("cifar10", "py/cifar-10-batches-py",
                  "'py/cifar-10-batches-py/data_batch_1' is of its Python version");
    FAILS_TO_LOAD("cifar100", "py", "Python version", "cifar-100-binary.tar.gz");
    FAILS_TO_LOAD("cifar100", "tar", "'tar/cifar-100-python.tar.gz' is of its Python version");
    FAILS_TO_LOAD("cifar10", "tar",
                  "'tar/cifar-10-binary.tar.gz' is of the binary version, still "
                  "packed");
    FAILS_TO_LOAD("mnist", "keras", "'keras/mnist.npz' is of its version for Keras");
    FAILS_TO_LOAD("fashion-mnist", "py", "looked for train-images-idx3-ubyte");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_search_in_given_directory), TEST(test_search_in_usual_places),
        TEST(test_search_not_in_data_itself), TEST(test_search_takes_no_other_set),
        TEST(test_search_names_every_place),  TEST(test_search_very_long_path),
        TEST(test_search_other_spelling),     TEST(test_search_finds_other_forms),
    };
    return cmocka_run_group_tests_name("data_search", tests, NULL, NULL);
}
