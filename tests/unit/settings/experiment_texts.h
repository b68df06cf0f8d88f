/* Reading experiment files that are strings here. Comes first, after #define _POSIX_C_SOURCE
 * 200809L. */
#ifndef RESLICE_TESTS_EXPERIMENT_TEXTS_H
#define RESLICE_TESTS_EXPERIMENT_TEXTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/experiment.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Of the last experiment that did not parse. */
extern struct error parse_error;

/* experiment_parse of a text with `count` words behind --set; messages go to parse_error. */
bool parse_text(struct experiment *experiment, const char *text, size_t count,
                const char *const *set);

/* Parses what must be right. */
struct experiment read_good(const char *text, size_t count, const char *const *set);

/* Frees it; no memory may be left. */
void finish_experiment(struct experiment *experiment);

/* Four runs, three of them from the first one. */
extern const char FULL_EXPERIMENT[];

#endif
