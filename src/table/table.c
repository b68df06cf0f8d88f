#include "table/table.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "table/printers.h"

enum { NUMBER_BYTES = 400 /* the longest double with a few decimals */ };

/* ---- formats ---- */

static const struct table_printer *const printers[TABLE_FORMATS] = {
    [TABLE_TEXT] = &table_text, [TABLE_MARKDOWN] = &table_markdown, [TABLE_LATEX] = &table_latex,
    [TABLE_CSV] = &table_csv,   [TABLE_JSON] = &table_json,         [TABLE_HTML] = &table_html,
};

void table_format_names(char *names, size_t size)
{
    names[0] = '\0';
    for (int f = 0; f < TABLE_FORMATS; f++)
        names_append(names, size, printers[f]->name);
}

bool table_format_find(const char *name, enum table_format *format)
{
    for (int f = 0; f < TABLE_FORMATS; f++)
        if (strcmp(name, printers[f]->name) == 0) {
            *format = (enum table_format)f;
            return true;
        }
    return false;
}

/* ---- build ---- */

struct table *table_create(const char *id, const char *title)
{
    struct table *table = MEM_NEW(struct table, 1);
    table->id = mem_string(id);
    table->title = mem_string(title);
    return table;
}

void table_destroy(struct table *table)
{
    for (size_t c = 0; c < table->columns; c++) {
        mem_free(table->column[c].name);
        mem_free(table->column[c].unit);
    }
    for (size_t i = 0; i < table->cells; i++)
        mem_free(table->cell[i].value);
    for (size_t n = 0; n < table->notes; n++)
        mem_free(table->note[n]);
    mem_free(table->cell);
    mem_free(table->id);
    mem_free(table->title);
    mem_free(table);
}

void table_column(struct table *table, enum table_kind kind, const char *name, const char *unit)
{
    assert(table->cells == 0 && table->columns < TABLE_COLUMNS);
    table->column[table->columns++] =
        (struct table_heading){kind, mem_string(name), unit ? mem_string(unit) : NULL};
}

static struct table_cell *next_cell(struct table *table)
{
    if (table->cells == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 128;
        struct table_cell *more = MEM_NEW(struct table_cell, table->capacity);
        if (table->cells > 0)
            memcpy(more, table->cell, table->cells * sizeof *more);
        mem_free(table->cell);
        table->cell = more;
    }
    return &table->cell[table->cells++];
}

/* Names come from files: a line break or a terminal's control code must not get out of its cell. */
static char *printed(const char *format, va_list args)
{
    char text[TABLE_TEXT_BYTES];
    vsnprintf(text, sizeof text, format, args);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    return mem_string(text);
}

void table_words(struct table *table, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    next_cell(table)->value = printed(format, args);
    va_end(args);
}

void table_missing(struct table *table)
{
    next_cell(table);
}

/* What rounds to nothing has no sign: "-0.00" reads like a small loss. */
static const char *without_sign_of_zero(const char *text)
{
    return text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1) ? text + 1 : text;
}

void table_spread(struct table *table, int decimals, double value, double spread)
{
    char text[NUMBER_BYTES];
    if (!isfinite(value)) { /* JSON has no word for it, and a reader no use */
        table_missing(table);
        return;
    }
    snprintf(text, sizeof text, "%.*f", decimals, value);
    table_words(table, "%s", without_sign_of_zero(text));
    struct table_cell *cell = &table->cell[table->cells - 1];
    cell->is_number = true;
    if (isfinite(spread))
        snprintf(cell->spread, TABLE_SPREAD_BYTES, "%.*f", decimals, spread);
}

void table_number(struct table *table, int decimals, double value)
{
    table_spread(table, decimals, value, NAN);
}

void table_mark(struct table *table, const char *mark)
{
    snprintf(table->cell[table->cells - 1].mark, TABLE_MARK_BYTES, "%s", mark);
}

void table_note(struct table *table, const char *format, ...)
{
    assert(table->notes < TABLE_NOTES);
    va_list args;
    va_start(args, format);
    table->note[table->notes++] = printed(format, args);
    va_end(args);
}

/* ---- print ---- */

static void print_with(const struct table_printer *printer, const struct table *table, FILE *out)
{
    assert(table->columns > 0 && table->cells % table->columns == 0);
    printer->print(table, out);
}

void table_print(const struct table *table, enum table_format format, FILE *out)
{
    print_with(printers[format], table, out);
    fputs(printers[format]->alone, out);
}

void table_document_begin(struct table_document *document, enum table_format format, FILE *out)
{
    *document = (struct table_document){format, out, 0};
    fputs(printers[format]->begin, out);
}

void table_document_add(struct table_document *document, const struct table *table)
{
    const struct table_printer *printer = printers[document->format];
    fputs(document->tables++ > 0 ? printer->between : "", document->out);
    print_with(printer, table, document->out);
}

void table_document_end(const struct table_document *document)
{
    fputs(printers[document->format]->end, document->out);
}
