/* For people at a terminal: columns under each other. */
#include <string.h>

#include "table/printers.h"
#include "table/text.h"

enum { NOTE_WIDTH = 110, GAP = 2 };

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

struct layout {
    size_t head, tail; /* widest value, widest rest (spread and mark) */
    size_t width, header_lines;
};

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
    for (size_t r = 0; r < (table->cells / table->columns); r++) {
        char tail[TABLE_SPREAD_BYTES + TABLE_MARK_BYTES + 4];
        const char *value = table_value_or(table_cell_at(table, r, c), "–");
        tail_of(table_cell_at(table, r, c), tail);
        layout.head = max_size(layout.head, text_width(value, strlen(value)));
        layout.tail = max_size(layout.tail, text_width(tail, strlen(tail)));
    }
    const struct table_heading *column = &table->column[c];
    const char *text = column->name, *start, *unit = column->unit ? column->unit : "";
    size_t bytes;
    layout.width = max_size(layout.head + layout.tail, text_width(unit, strlen(unit)));
    while ((bytes = text_wrap(&text, 0, &start)) > 0) /* single words */
        layout.width = max_size(layout.width, text_width(start, bytes));
    text = column->name;
    while (text_wrap(&text, layout.width, &start) > 0)
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
    size_t bytes = text_wrap(&text, layout->width, start);
    while (bytes > 0 && index-- > 0)
        bytes = text_wrap(&text, layout->width, start);
    return bytes;
}

static void text_header(const struct table *table, const struct layout *layout, FILE *out)
{
    struct text_line line = {out, 0};
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
            const size_t rest = layout[c].width - text_width(start, bytes);
            const bool left = table->column[c].kind == TABLE_WORDS;
            line.blanks += (c > 0 ? GAP : 0) + (left ? 0 : rest);
            text_line_put(&line, start, bytes);
            line.blanks += left ? rest : 0;
        }
        text_line_end(&line);
    }
    for (size_t i = 0; i < width; i++)
        fputc('-', out);
    fputc('\n', out);
}

static void text_cell(struct text_line *line, const struct table_cell *cell,
                      const struct layout *layout, bool left)
{
    char tail[TABLE_SPREAD_BYTES + TABLE_MARK_BYTES + 4];
    const char *value = table_value_or(cell, "–");
    tail_of(cell, tail);
    const size_t head_width = text_width(value, strlen(value));
    const size_t tail_width = text_width(tail, strlen(tail));
    line->blanks += left ? 0 : layout->width - layout->tail - head_width;
    text_line_put(line, value, strlen(value));
    text_line_put(line, tail, strlen(tail));
    line->blanks += left ? layout->width - head_width - tail_width : layout->tail - tail_width;
}

static void print_text(const struct table *table, FILE *out)
{
    struct layout layout[TABLE_COLUMNS];
    struct text_line line = {out, 0};
    for (size_t c = 0; c < table->columns; c++)
        layout[c] = lay_out(table, c);
    fprintf(out, "%s\n\n", table->title);
    text_header(table, layout, out);
    for (size_t r = 0; r < (table->cells / table->columns); r++) {
        for (size_t c = 0; c < table->columns; c++) {
            line.blanks += c > 0 ? GAP : 0;
            text_cell(&line, table_cell_at(table, r, c), &layout[c],
                      table->column[c].kind == TABLE_WORDS);
        }
        text_line_end(&line);
    }
    fputs(table->notes > 0 ? "\n" : "", out);
    for (size_t n = 0; n < table->notes; n++) {
        const char *text = table->note[n], *start;
        size_t bytes;
        for (int l = 0; (bytes = text_wrap(&text, NOTE_WIDTH, &start)) > 0; l++)
            fprintf(out, "%s%.*s\n", l == 0 ? "- " : "  ", (int)bytes, start);
    }
    fputc('\n', out);
}

const struct table_printer table_text = {"text", "", "", "", "", print_text};
