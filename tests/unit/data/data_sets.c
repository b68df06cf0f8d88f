#define _XOPEN_SOURCE 700
#include "unit/data/data_sets.h"

#include <stdlib.h>

struct dataset load_set(const char *name, const char *directory)
{
    struct dataset set;
    struct error err;
    if (!dataset_load(&set, name, directory, &err))
        fail_msg("%s", err.text);
    return set;
}

void check_message(const struct error *err, const char *const *word)
{
    for (; *word; word++)
        if (!strstr(err->text, *word))
            fail_msg("'%s' is not in: %s", *word, err->text);
    assert_null(strchr(err->text, '\n'));
}

void check_balance(const struct dataset_part *part)
{
    size_t count[10] = {0};
    for (size_t i = 0; i < part->count; i++)
        count[part->label[i]]++;
    for (int c = 0; c < 10; c++)
        assert_int_equal(count[c], part->count / 10);
}

/* ---- the user's RESLICE_DATA ---- */

char *users_reslice_data;

int keep_users_data(void **state)
{
    (void)state;
    const char *env = getenv("RESLICE_DATA");
    users_reslice_data = env ? realpath(env, NULL) : NULL;
    return 0;
}

int forget_users_data(void **state)
{
    (void)state;
    free(users_reslice_data);
    return 0;
}
