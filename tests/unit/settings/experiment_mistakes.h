/* Experiment files and --set texts that must be refused, with the line and words of the message. */
#ifndef RESLICE_TESTS_EXPERIMENT_MISTAKES_H
#define RESLICE_TESTS_EXPERIMENT_MISTAKES_H

#include <stddef.h>

#define HEAD "experiment: e\ntraining: {select: last}\nruns:\n" /* the first run is on line 4 */

#define RUN(x) HEAD "  - {name: a, " x "}\n"

struct file_mistake {
    const char *text;
    int line;
    const char *words[4];
};

extern const struct file_mistake mistakes[];
extern const size_t mistake_count;

struct set_mistake {
    const char *set, *words[4];
};

/* Over RUN("matrix: {training.seed: [1]}"). */
extern const struct set_mistake set_mistakes[];
extern const size_t set_mistake_count;

#endif
