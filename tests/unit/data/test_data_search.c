/* Where data sets are looked for: each has another first pixel. */
#define _XOPEN_SOURCE 700
#include "unit/data/data_sets.h"

#include <stdlib.h>
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
    };
    return cmocka_run_group_tests_name("data_search", tests, NULL, NULL);
}
