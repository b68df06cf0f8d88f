/* For a page: a <section> a table, well-formed as XML too; several stand in one <div>. */
#include "table/printers.h"
#include "table/text.h"

static const char *class_of(const struct table_heading *column)
{
    return column->kind == TABLE_WORDS ? "" : " class=\"number\"";
}

static void put_heading(const struct table_heading *column, FILE *out)
{
    fprintf(out, "<th scope=\"col\"%s>", class_of(column));
    text_put_html(out, column->name);
    if (column->unit) {
        fputs(" <span class=\"unit\">", out);
        text_put_html(out, column->unit);
        fputs("</span>", out);
    }
    fputs("</th>", out);
}

static void put_cell(const struct table_heading *column, const struct table_cell *cell, FILE *out)
{
    fprintf(out, "<td%s>", class_of(column));
    text_put_html(out, cell->value ? cell->value : "–");
    if (cell->spread[0]) {
        fputs(" <span class=\"spread\">± ", out);
        text_put_html(out, cell->spread);
        fputs("</span>", out);
    }
    if (cell->mark[0]) {
        fputs("<span class=\"mark\">", out);
        text_put_html(out, cell->mark);
        fputs("</span>", out);
    }
    fputs("</td>", out);
}

static void print_html(const struct table *table, FILE *out)
{
    fputs("<section class=\"table\" id=\"", out);
    text_put_html(out, table->id);
    fputs("\">\n<h2>", out);
    text_put_html(out, table->title);
    fputs("</h2>\n<div class=\"wide\"><table>\n<thead><tr>", out);
    for (size_t c = 0; c < table->columns; c++)
        put_heading(&table->column[c], out);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < table->cells; i++) {
        const size_t c = i % table->columns;
        fputs(c == 0 ? "<tr>" : "", out);
        put_cell(&table->column[c], &table->cell[i], out);
        fputs(c == table->columns - 1 ? "</tr>\n" : "", out);
    }
    fputs("</tbody>\n</table></div>\n", out);
    for (size_t n = 0; n < table->notes; n++) {
        fputs("<p class=\"note\">", out);
        text_put_html(out, table->note[n]);
        fputs("</p>\n", out);
    }
    fputs("</section>\n", out);
}

const struct table_printer table_html = {
    "html", "<div class=\"tables\">\n", "", "</div>\n", "", print_html,
};
