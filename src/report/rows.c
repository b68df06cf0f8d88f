#include "report/rows.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "report/read_results.h"

/* ---- names ---- */

bool report_without_seed(const char *run, char name[REPORT_NAME])
{
    const char *list = strchr(run, '@');
    const size_t base = list ? (size_t)(list - run) : strlen(run);
    bool found = false;
    snprintf(name, REPORT_NAME, "%.*s", (int)base, run);
    for (const char *key = list; key && *key; key += 1 + strcspn(key + 1, ",")) {
        const int length = (int)strcspn(key + 1, ",");
        if (strncmp(key + 1, "seed=", 5) == 0) {
            found = true;
            continue;
        }
        const size_t used = strlen(name);
        snprintf(name + used, REPORT_NAME - used, "%c%.*s", used == base ? '@' : ',', length,
                 key + 1);
    }
    return found;
}

void report_run_label(const struct report *report, const struct report_result *result,
                      char label[REPORT_LABEL])
{
    bool is_one = true;
    for (size_t i = 0; i < report->results; i++)
        is_one &= strcmp(report->result[i].experiment, result->experiment) == 0;
    snprintf(label, REPORT_LABEL, "%s%s%s", is_one ? "" : result->experiment, is_one ? "" : "/",
             result->run);
}

/* ---- rows ---- */

static bool same_layers(const struct report_result *a, const struct report_result *b)
{
    if (a->crossbar_slices != b->crossbar_slices || a->layers != b->layers || a->rows != b->rows ||
        a->columns != b->columns)
        return false;
    for (size_t l = 0; l < a->layers; l++)
        if (strcmp(a->layer[l].name, b->layer[l].name) != 0 ||
            a->layer[l].inputs != b->layer[l].inputs || a->layer[l].outputs != b->layer[l].outputs)
            return false;
    return true;
}

/* Variants of one run with another seed, made alike. */
static bool same_but_seed(const struct report_result *a, const struct report_result *b)
{
    char name_a[REPORT_NAME], name_b[REPORT_NAME];
    return strcmp(a->experiment, b->experiment) == 0 && strcmp(a->base, b->base) == 0 &&
           report_without_seed(a->run, name_a) && report_without_seed(b->run, name_b) &&
           strcmp(name_a, name_b) == 0 && strcmp(a->select, b->select) == 0 &&
           a->select_sparsity == b->select_sparsity && a->is_quantised == b->is_quantised &&
           a->slices == b->slices && same_layers(a, b);
}

/* Adds the result to the chain if it belongs there. The same seed twice (old and new results of a
 * run side by side) would make a wrong deviation, so it begins another row. */
static bool join(struct report_result *chain, struct report_result *result)
{
    if (!same_but_seed(chain, result))
        return false;
    for (;; chain = chain->next_seed) {
        if (chain->seed == result->seed)
            return false;
        if (!chain->next_seed)
            break;
    }
    chain->next_seed = result;
    return true;
}

static void label_row(struct report_row *row, bool with_experiment)
{
    char name[REPORT_NAME];
    if (row->seeds == 1)
        snprintf(name, sizeof name, "%s", row->first->run);
    else
        report_without_seed(row->first->run, name);
    snprintf(row->label, sizeof row->label, "%s%s%s", with_experiment ? row->first->experiment : "",
             with_experiment ? "/" : "", name);
}

static void add_row(struct report *report, const struct report_result *first)
{
    struct report_row *row = &report->row[report->rows++];
    row->first = first;
    for (const struct report_result *r = first; r; r = r->next_seed)
        row->seeds++;
}

/* Chains the seeds, then takes the chains in the order of their first file, experiment after
 * experiment. */
static void make_rows(struct report *report)
{
    const size_t n = report->results;
    struct report_result *result = report->result;
    bool *is_done = MEM_NEW(bool, n); /* in a chain, or in a row */
    bool is_one_experiment = true;
    for (size_t i = 0; i < n; i++) {
        is_one_experiment &= strcmp(result[i].experiment, result[0].experiment) == 0;
        for (size_t j = 0; j < i && !is_done[i]; j++)
            is_done[i] = !is_done[j] && join(&result[j], &result[i]);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            if (!is_done[j] && strcmp(result[i].experiment, result[j].experiment) == 0) {
                is_done[j] = true;
                add_row(report, &result[j]);
            }
    for (size_t r = 0; r < report->rows; r++)
        label_row(&report->row[r], !is_one_experiment);
    mem_free(is_done);
}

bool report_load(struct report *report, const char *const *file, size_t files, struct error *err)
{
    report->published = NULL;
    report->results = files;
    report->rows = 0;
    report->result = MEM_NEW(struct report_result, files);
    report->row = MEM_NEW(struct report_row, files);
    for (size_t i = 0; i < files; i++)
        if (!report_read(&report->result[i], file[i], err))
            return false;
    make_rows(report);
    return true;
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->results; i++)
        report_result_free(&report->result[i]);
    mem_free(report->result);
    mem_free(report->row);
}
