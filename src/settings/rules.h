/* Rules between options, checked on the complete settings of every run. */
#ifndef RESLICE_SETTINGS_RULES_H
#define RESLICE_SETTINGS_RULES_H

#include <stdbool.h>

#include "base/error.h"
#include "settings/options.h"

/* Settings that are checked, and the first rule they break. */
struct rule_check {
    const struct settings *settings;
    bool is_given[OPTIONS_MAX]; /* false where option i of the table has its default unasked */
    bool is_recorded;           /* settings of a finished run: all of them stand in its file */
    int involved[2];            /* rows of the options that disagree */
    struct error err;           /* why, without a location */
};

/* Notes a broken rule between the options with paths `a` and `b` (which may be the same); always
 * false. Not collective. */
bool rules_break(struct rule_check *check, const char *a, const char *b, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether the option with this path was given by somebody. Not collective. */
bool rules_is_given(const struct rule_check *check, const char *path);

/* The rules that need no network. False, with involved and err, on the first that is broken. Not
 * collective. */
bool rules_check(struct rule_check *check);

#endif
