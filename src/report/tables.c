#include "report/tables.h"

#include <string.h>

#include "base/names.h"

/* In the order in which they are printed. */
static const struct report_table *const tables[] = {
    &report_table_accuracy, &report_table_adc,       &report_table_cost,  &report_table_assignments,
    &report_table_savings,  &report_table_sweep,     &report_table_isaac, &report_table_crossbars,
    &report_table_rivals,   &report_table_published,
};

enum { TABLES = sizeof tables / sizeof tables[0] };
_Static_assert(TABLES <= 32, "a set of tables is the bits of an unsigned");

int report_slices_of_codes(const struct report_result *result)
{
    return result->slices;
}

int report_slices_of_crossbars(const struct report_result *result)
{
    return result->crossbar_slices;
}

int report_slices_of_assignments(const struct report_result *result)
{
    return result->assignments > 0 ? result->crossbar_slices : 0;
}

unsigned report_table_find(const char *name)
{
    for (int t = 0; t < TABLES; t++)
        if (strcmp(tables[t]->name, name) == 0)
            return 1u << t;
    return 0;
}

void report_table_names(char *names, size_t size, bool only_on_request)
{
    names[0] = '\0';
    for (int t = 0; t < TABLES; t++)
        if (tables[t]->on_request || !only_on_request)
            names_append(names, size, tables[t]->name);
}

static void put_table(struct table_document *document, const struct report_table *what,
                      struct table *table, const struct report *report, int slices)
{
    what->build(table, report, slices);
    table_document_add(document, table);
    table_destroy(table);
}

/* The largest number of slices below `limit`, or 0. */
static int most_slices_below(const struct report *report, const struct report_table *what,
                             int limit)
{
    int most = 0;
    for (size_t i = 0; i < report->results; i++) {
        const int slices = what->slices_of(&report->result[i]);
        most = slices < limit && slices > most ? slices : most;
    }
    return most;
}

/* Where there are several tables of a kind, their names have the number of slices. */
static struct table *create_numbered(const struct report_table *what, int slices)
{
    char id[64], title[128];
    snprintf(id, sizeof id, "%s_%d_slices", what->id, slices);
    snprintf(title, sizeof title, "%s (%d slice%s)", what->title, slices, slices == 1 ? "" : "s");
    return table_create(id, title);
}

/* One table for each number of slices that occurs, the most first. */
static void put_by_slices(struct table_document *document, const struct report_table *what,
                          const struct report *report)
{
    const int most = most_slices_below(report, what, INT32_MAX);
    const bool is_only_one = most_slices_below(report, what, most) == 0;
    for (int s = most; s > 0; s = most_slices_below(report, what, s))
        put_table(document, what,
                  is_only_one ? table_create(what->id, what->title) : create_numbered(what, s),
                  report, s);
}

void report_put_tables(const struct report *report, unsigned wanted, enum table_format format,
                       FILE *out)
{
    struct table_document document;
    table_document_begin(&document, format, out);
    for (int t = 0; t < TABLES; t++) {
        if (wanted ? !(wanted & 1u << t) : tables[t]->on_request)
            continue;
        if (tables[t]->slices_of)
            put_by_slices(&document, tables[t], report);
        else
            put_table(&document, tables[t], table_create(tables[t]->id, tables[t]->title), report,
                      0);
    }
    table_document_end(&document);
}
