/* The experiment file: YAML text to runs.
 *
 * Input: lines "--set OPTION=VALUE", as many as there are at the start, then the file. What is
 * accepted must keep the promises of settings/experiment.h, and the resolved settings of every run,
 * written as YAML, must read back to the same settings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "settings/experiment.h"
#include "settings/option_value.h"
#include "settings/settings_yaml.h"

enum { SETS = 8, RUNS_READ_BACK = 3 };

static const char set_mark[] = "--set ";

/* Takes the lines --set off the front of the text; their ends become NULs. */
static size_t take_sets(char **text, size_t *length, const char *set[SETS])
{
    const size_t mark = sizeof set_mark - 1;
    size_t count = 0;
    while (count<SETS && * length> mark && memcmp(*text, set_mark, mark) == 0) {
        char *end = memchr(*text, '\n', *length);
        if (!end)
            break;
        *end = '\0';
        set[count++] = *text + mark;
        *length -= (size_t)(end + 1 - *text);
        *text = end + 1;
    }
    return count;
}

/* The settings of a run as a result file holds them. */
static void check_read_back(const struct experiment_run *run)
{
    char *yaml = settings_to_yaml(&run->settings);
    struct experiment again;
    struct error err;
    fuzz_need(experiment_from_settings(&again, "again.yaml", yaml, (struct experiment_overrides){0},
                                       &err),
              "settings cannot be read back: %s\n%s", err.text, yaml);
    fuzz_need(again.run_count == 1 && option_values_equal(&run->settings, &again.runs[0].settings),
              "settings read back are others:\n%s", yaml);
    experiment_free(&again);
    mem_free(yaml);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two runs of one name would write one file. */
static void check_names(const struct experiment *e)
{
    const char **name = malloc(e->run_count * sizeof *name);
    fuzz_need(name != NULL, "no memory");
    for (size_t r = 0; r < e->run_count; r++) {
        const struct experiment_run *run = &e->runs[r];
        name[r] = run->name;
        fuzz_need(option_is_name(run->base), "base name '%s'", run->base);
        fuzz_need(strncmp(run->name, run->base, strlen(run->base)) == 0 && !strchr(run->name, '/'),
                  "name '%s' of a variant of '%s'", run->name, run->base);
    }
    qsort(name, e->run_count, sizeof *name, compare_names);
    for (size_t r = 1; r < e->run_count; r++)
        fuzz_need(strcmp(name[r - 1], name[r]) != 0, "two runs '%s'", name[r]);
    free(name);
}

static void check_accepted(const struct experiment *e)
{
    fuzz_need(option_is_name(e->name), "experiment '%s'", e->name);
    fuzz_need(e->run_count >= 1 && e->run_count <= EXPERIMENT_RUNS, "%zu runs", e->run_count);
    check_names(e);
    for (size_t r = 0; r < e->run_count; r++) {
        const struct experiment_run *run = &e->runs[r];
        fuzz_need(run->parent >= -1 && run->parent < (int)r, "run %zu has parent %d", r,
                  run->parent);
        fuzz_need(run->settings.training.shards <= run->settings.training.batch &&
                      run->settings.fixed_point.bits % run->settings.fixed_point.slice_bits == 0,
                  "run '%s' breaks a rule", run->name);
    }
    for (size_t r = e->run_count; r > 0 && e->run_count - r < RUNS_READ_BACK; r--)
        check_read_back(&e->runs[r - 1]);
}

/* UTF-8 of one to four bytes; which numbers they make is not looked at. */
static void need_utf8(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        const int more = *c < 0x80 ? 0 : *c >= 0xF0 ? 3 : *c >= 0xE0 ? 2 : 1;
        fuzz_need(*c < 0x80 || (*c >= 0xC2 && *c <= 0xF4), "byte %02x in a message", *c);
        for (int i = 0; i < more; i++)
            fuzz_need((*++c & 0xC0) == 0x80, "cut character in a message");
    }
}

static void check_refused(const struct error *err)
{
    fuzz_need_line(err);
    need_utf8(err->text);
    fuzz_need(strncmp(err->text, "fuzz.yaml:", 10) == 0 ||
                  strncmp(err->text, set_mark, sizeof set_mark - 1) == 0,
              "a message without its place: %s", err->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1), *text = copy; /* exactly as long, for the sanitizer */
    fuzz_need(copy != NULL, "no memory");
    memcpy(copy, data, size);
    copy[size] = '\0'; /* the last --set has its end anyway; the file is given by its length */
    const char *set[SETS];
    size_t length = size;
    const size_t sets = take_sets(&text, &length, set);

    struct experiment experiment;
    struct error err;
    fuzz_clear(&err);
    char *file = length ? malloc(length) : NULL; /* no NUL behind it */
    if (file)
        memcpy(file, text, length);
    if (experiment_parse(&experiment, "fuzz.yaml", file, length,
                         (struct experiment_overrides){sets, set, NULL}, &err))
        check_accepted(&experiment);
    else
        check_refused(&err);
    experiment_free(&experiment);
    fuzz_need_no_blocks();
    free(file);
    free(copy);
    return 0;
}
