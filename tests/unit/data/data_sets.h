/* Data sets from disk: loading what is right, the message of what is wrong, the user's own sets.
 * Comes first, after #define _XOPEN_SOURCE 700. */
#ifndef RESLICE_TESTS_DATA_SETS_H
#define RESLICE_TESTS_DATA_SETS_H

#include "unit/support/fresh_folder.h"

#include <string.h>

#include "base/mem.h"
#include "data/dataset.h"

/* The set, which must load; freed by dataset_free. */
struct dataset load_set(const char *name, const char *directory);

/* One line that has every word of the list, which ends with NULL. */
void check_message(const struct error *err, const char *const *word);

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
void check_balance(const struct dataset_part *part);

/* ---- the user's RESLICE_DATA ---- */

extern char *users_reslice_data; /* absolute; NULL when there was none */

/* Before the first test, which takes it away and changes the folder. */
int keep_users_data(void **state);

/* Behind the last test. */
int forget_users_data(void **state);

#endif
