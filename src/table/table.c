#include "table/table.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "table/table_parts.h"
#include "table/text.h"

enum { TEXT = 2048, NOTE_WIDTH = 110, GAP = 2 };

/* ---- build ---- */

static const char *const format_names[TABLE_FORMATS] = {"text", "markdown", "latex",
                                                        "csv",  "json",     "html"};

const char *table_format_names(void)
{
    return "text, markdown, latex, csv, json, html";
}

bool table_format_find(const char *name, enum table_format *format)
{
    for (int f = 0; f < TABLE_FORMATS; f++)
        if (strcmp(name, format_names[f]) == 0) {
            *format = (enum table_format)f;
            return true;
        }
    return false;
}

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
    char text[TEXT];
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

void table_spread(struct table *table, int decimals, double value, double spread)
{
    if (isnan(value)) {
        table_missing(table);
        return;
    }
    table_words(table, "%.*f", decimals, value);
    if (!isnan(spread))
        snprintf(table->cell[table->cells - 1].spread, TABLE_SPREAD_BYTES, "%.*f", decimals,
                 spread);
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

static size_t rows_of(const struct table *table)
{
    return table->columns > 0 ? table->cells / table->columns : 0;
}

static const struct table_cell *cell_at(const struct table *table, size_t row, size_t column)
{
    return &table->cell[row * table->columns + column];
}

/* ---- text ---- */

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

struct layout {
    size_t head, tail; /* widest value, widest rest (spread and mark) */
    size_t width, header_lines;
};

static const char *value_or(const struct table_cell *cell, const char *missing)
{
    return cell->value ? cell->value : missing;
}

/* "±0.12*" */
static void tail_of(const struct table_cell *cell,
                    char text[TABLE_SPREAD_BYTES + TABLE_MARK_BYTES + 4])
{
    snprintf(text, TABLE_SPREAD_BYTES + TABLE_MARK_BYTES + 4, "%s%s%s", cell->spread[0] ? "±" : "",
             cell->spread, cell->mark);
}

static struct layout lay_out(const struct table *table, size_t c)
{
    struct layout layout = {0};
    for (size_t r = 0; r < rows_of(table); r++) {
        char tail[TABLE_SPREAD_BYTES + TABLE_MARK_BYTES + 4];
        const char *value = value_or(cell_at(table, r, c), "–");
        tail_of(cell_at(table, r, c), tail);
        layout.head = max_size(layout.head, report_text_width(value, strlen(value)));
        layout.tail = max_size(layout.tail, report_text_width(tail, strlen(tail)));
    }
    const struct table_heading *column = &table->column[c];
    const char *text = column->name, *start, *unit = column->unit ? column->unit : "";
    size_t bytes;
    layout.width = max_size(layout.head + layout.tail, report_text_width(unit, strlen(unit)));
    while ((bytes = report_text_wrap(&text, 0, &start)) > 0) /* single words */
        layout.width = max_size(layout.width, report_text_width(start, bytes));
    text = column->name;
    while (report_text_wrap(&text, layout.width, &start) > 0)
        layout.header_lines++;
    layout.header_lines += column->unit != NULL;
    return layout;
}

/* Line `index` of a column's header; the unit is the last one. 0 bytes when it has fewer. */
static size_t header_line(const struct table_heading *column, const struct layout *layout,
                          size_t index, const char **start)
{
    if (column->unit && index == layout->header_lines - 1) {
        *start = column->unit;
        return strlen(column->unit);
    }
    const char *text = column->name;
    size_t bytes = report_text_wrap(&text, layout->width, start);
    while (bytes > 0 && index-- > 0)
        bytes = report_text_wrap(&text, layout->width, start);
    return bytes;
}

static void text_header(const struct table *table, const struct layout *layout, FILE *out)
{
    struct report_line line = {out, 0};
    size_t lines = 0, width = 0;
    for (size_t c = 0; c < table->columns; c++) {
        lines = max_size(lines, layout[c].header_lines);
        width += layout[c].width + (c > 0 ? GAP : 0);
    }
    for (size_t l = 0; l < lines; l++) {
        for (size_t c = 0; c < table->columns; c++) {
            const size_t above = lines - layout[c].header_lines; /* headers stand on the rule */
            const char *start = "";
            const size_t bytes =
                l < above ? 0 : header_line(&table->column[c], &layout[c], l - above, &start);
            const size_t rest = layout[c].width - report_text_width(start, bytes);
            const bool left = table->column[c].kind == TABLE_WORDS;
            line.blanks += (c > 0 ? GAP : 0) + (left ? 0 : rest);
            report_line_put(&line, start, bytes);
            line.blanks += left ? rest : 0;
        }
        report_line_end(&line);
    }
    for (size_t i = 0; i < width; i++)
        fputc('-', out);
    fputc('\n', out);
}

static void text_cell(struct report_line *line, const struct table_cell *cell,
                      const struct layout *layout, bool left)
{
    char tail[TABLE_SPREAD_BYTES + TABLE_MARK_BYTES + 4];
    const char *value = value_or(cell, "–");
    tail_of(cell, tail);
    const size_t head_width = report_text_width(value, strlen(value));
    const size_t tail_width = report_text_width(tail, strlen(tail));
    line->blanks += left ? 0 : layout->width - layout->tail - head_width;
    report_line_put(line, value, strlen(value));
    report_line_put(line, tail, strlen(tail));
    line->blanks += left ? layout->width - head_width - tail_width : layout->tail - tail_width;
}

static void print_text(const struct table *table, FILE *out)
{
    struct layout layout[TABLE_COLUMNS];
    struct report_line line = {out, 0};
    for (size_t c = 0; c < table->columns; c++)
        layout[c] = lay_out(table, c);
    fprintf(out, "%s\n\n", table->title);
    text_header(table, layout, out);
    for (size_t r = 0; r < rows_of(table); r++) {
        for (size_t c = 0; c < table->columns; c++) {
            line.blanks += c > 0 ? GAP : 0;
            text_cell(&line, cell_at(table, r, c), &layout[c],
                      table->column[c].kind == TABLE_WORDS);
        }
        report_line_end(&line);
    }
    fputs(table->notes > 0 ? "\n" : "", out);
    for (size_t n = 0; n < table->notes; n++) {
        const char *text = table->note[n], *start;
        size_t bytes;
        for (int l = 0; (bytes = report_text_wrap(&text, NOTE_WIDTH, &start)) > 0; l++)
            fprintf(out, "%s%.*s\n", l == 0 ? "- " : "  ", (int)bytes, start);
    }
    fputc('\n', out);
}

/* ---- markdown and LaTeX ---- */

/* "test accuracy (%)" */
static const char *header_of(const struct table_heading *column, const char *suffix,
                             char text[TEXT])
{
    snprintf(text, TEXT, "%s%s%s%s%s", column->name, suffix, column->unit ? " (" : "",
             column->unit ? column->unit : "", column->unit ? ")" : "");
    return text;
}

static void print_markdown(const struct table *table, FILE *out)
{
    fputs("### ", out);
    report_put_markdown(out, table->title);
    fputs("\n\n|", out);
    for (size_t c = 0; c < table->columns; c++) {
        char header[TEXT];
        fputc(' ', out);
        report_put_markdown(out, header_of(&table->column[c], "", header));
        fputs(" |", out);
    }
    fputs("\n|", out);
    for (size_t c = 0; c < table->columns; c++)
        fputs(table->column[c].kind == TABLE_WORDS ? "---|" : "---:|", out);
    for (size_t i = 0; i < table->cells; i++) {
        const struct table_cell *cell = &table->cell[i];
        fputs(i % table->columns == 0 ? "\n| " : " ", out);
        report_put_markdown(out, value_or(cell, "–"));
        fprintf(out, "%s%s", cell->spread[0] ? " ± " : "", cell->spread);
        report_put_markdown(out, cell->mark);
        fputs(" |", out);
    }
    fputs("\n\n", out);
    for (size_t n = 0; n < table->notes; n++) {
        fputs("- ", out);
        report_put_markdown(out, table->note[n]);
        fputc('\n', out);
    }
    fputs(table->notes > 0 ? "\n" : "", out);
}

static void print_latex(const struct table *table, FILE *out)
{
    fputs("\\begin{table}\n  \\centering\n  \\caption{", out);
    report_put_latex(out, table->title);
    fputs("}\n  \\begin{tabular}{", out);
    for (size_t c = 0; c < table->columns; c++)
        fputc(table->column[c].kind == TABLE_WORDS ? 'l' : 'r', out);
    fputs("}\n    \\toprule\n    ", out);
    for (size_t c = 0; c < table->columns; c++) {
        char header[TEXT];
        fputs(c > 0 ? " & " : "", out);
        report_put_latex(out, header_of(&table->column[c], "", header));
    }
    fputs(" \\\\\n    \\midrule\n", out);
    for (size_t i = 0; i < table->cells; i++) {
        const struct table_cell *cell = &table->cell[i];
        fputs(i % table->columns == 0 ? "    " : " & ", out);
        report_put_latex(out, value_or(cell, "--"));
        fprintf(out, "%s%s", cell->spread[0] ? " $\\pm$ " : "", cell->spread);
        report_put_latex(out, cell->mark);
        fputs(i % table->columns == table->columns - 1 ? " \\\\\n" : "", out);
    }
    fputs("    \\bottomrule\n  \\end{tabular}\n", out);
    for (size_t n = 0; n < table->notes; n++) {
        fputs("  \\par{\\footnotesize ", out);
        report_put_latex(out, table->note[n]);
        fputs("}\n", out);
    }
    fputs("\\end{table}\n\n", out);
}

/* ---- csv (RFC 4180, lines end with LF) ---- */

static void csv_header(const struct table_heading *column, const char *suffix, FILE *out)
{
    char text[TEXT];
    fputc(',', out);
    report_put_csv(out, header_of(column, suffix, text));
}

static void print_csv(const struct table *table, FILE *out)
{
    fputs("table", out);
    for (size_t c = 0; c < table->columns; c++) {
        csv_header(&table->column[c], "", out);
        if (table->column[c].kind == TABLE_SPREAD)
            csv_header(&table->column[c], " std", out);
    }
    for (size_t i = 0; i < table->cells; i++) {
        const size_t c = i % table->columns;
        if (c == 0)
            fprintf(out, "\n%s", table->id);
        fputc(',', out);
        report_put_csv(out, value_or(&table->cell[i], ""));
        if (table->column[c].kind == TABLE_SPREAD)
            fprintf(out, ",%s", table->cell[i].spread);
    }
    fputs(table->notes > 0 ? "\ntable,of,note\n" : "\n", out);
    for (size_t n = 0; n < table->notes; n++) {
        fprintf(out, "notes,%s,", table->id);
        report_put_csv(out, table->note[n]);
        fputc('\n', out);
    }
}

void table_print(const struct table *table, enum table_format format, FILE *out)
{
    static void (*const print[TABLE_FORMATS])(const struct table *, FILE *) = {
        print_text, print_markdown, print_latex, print_csv, table_print_json, table_print_html};
    assert(table->columns > 0 && table->cells % table->columns == 0);
    print[format](table, out);
}
