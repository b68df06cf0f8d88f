/* Data sets from disk: loading what is right, the message of what is wrong, the user's own sets.
 * Comes first, after #define _XOPEN_SOURCE 700. */
#ifndef RESLICE_TESTS_DATA_SETS_H
#define RESLICE_TESTS_DATA_SETS_H

#include "unit/support/fresh_folder.h"

#include "data/dataset.h"

static inline struct dataset load(const char *name, const char *directory)
{
    struct dataset set;
    struct error err;
    if (!dataset_load(&set, name, directory, &err))
        fail_msg("%s", err.text);
    return set;
}

/* One line that has every word of the list, which ends with NULL. */
static inline void check_message(const struct error *err, const char *const *word)
{
    for (; *word; word++)
        if (!strstr(err->text, *word))
            fail_msg("'%s' is not in: %s", *word, err->text);
    assert_null(strchr(err->text, '\n'));
}

#define CHECK_MESSAGE(err, ...) check_message(err, (const char *const[]){__VA_ARGS__, NULL})

#define FAILS_TO_LOAD(name, directory, ...)                                                        \
    do {                                                                                           \
        struct dataset set;                                                                        \
        struct error err;                                                                          \
        assert_false(dataset_load(&set, name, directory, &err));                                   \
        CHECK_MESSAGE(&err, __VA_ARGS__);                                                          \
        assert_int_equal(mem_live_blocks(), 0);                                                    \
    } while (0)

/* As many samples of each of the ten classes as of any other. */
static inline void check_balance(const struct dataset_part *part)
{
    size_t count[10] = {0};
    for (size_t i = 0; i < part->count; i++)
        count[part->label[i]]++;
    for (int c = 0; c < 10; c++)
        assert_int_equal(count[c], part->count / 10);
}

/* ---- the user's RESLICE_DATA ---- */

static char *users_reslice_data; /* absolute; NULL when there was none */

/* Before the first test, which takes it away and changes the folder. */
static inline int keep_users_data(void **state)
{
    (void)state;
    const char *env = getenv("RESLICE_DATA");
    users_reslice_data = env ? realpath(env, NULL) : NULL;
    return 0;
}

static inline int forget_users_data(void **state)
{
    (void)state;
    free(users_reslice_data);
    return 0;
}

#endif
