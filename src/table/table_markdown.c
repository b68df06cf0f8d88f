/* For web pages: a table of GitHub's Markdown, its notes as a list. */
#include "table/printers.h"
#include "table/text.h"

static void print_markdown(const struct table *table, FILE *out)
{
    fputs("### ", out);
    text_put_markdown(out, table->title);
    fputs("\n\n|", out);
    for (size_t c = 0; c < table->columns; c++) {
        char header[TABLE_TEXT_BYTES];
        fputc(' ', out);
        text_put_markdown(out, table_header_of(&table->column[c], "", header));
        fputs(" |", out);
    }
    fputs("\n|", out);
    for (size_t c = 0; c < table->columns; c++)
        fputs(table->column[c].kind == TABLE_WORDS ? "---|" : "---:|", out);
    for (size_t i = 0; i < table->cells; i++) {
        const struct table_cell *cell = &table->cell[i];
        fputs(i % table->columns == 0 ? "\n| " : " ", out);
        text_put_markdown(out, table_value_or(cell, "–"));
        fprintf(out, "%s%s", cell->spread[0] ? " ± " : "", cell->spread);
        text_put_markdown(out, cell->mark);
        fputs(" |", out);
    }
    fputs("\n\n", out);
    for (size_t n = 0; n < table->notes; n++) {
        fputs("- ", out);
        text_put_markdown(out, table->note[n]);
        fputc('\n', out);
    }
    fputs(table->notes > 0 ? "\n" : "", out);
}

const struct table_printer table_markdown = {"markdown", "", "", "", "", print_markdown};
