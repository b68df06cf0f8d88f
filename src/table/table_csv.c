/* For programs: RFC 4180, lines end with LF. Each row begins with the id of its table, a heading with
 * "table": several tables stand in one file. Notes are rows of a table called "notes". A spread has a
 * column of its own, a missing value is an empty field, marks are left out. */
#include "table/printers.h"
#include "table/text.h"

static void csv_header(const struct table_heading *column, const char *suffix, FILE *out)
{
    char text[TABLE_TEXT_BYTES];
    fputc(',', out);
    text_put_csv(out, table_header_of(column, suffix, text));
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
        text_put_csv(out, table_value_or(&table->cell[i], ""));
        if (table->column[c].kind == TABLE_SPREAD)
            fprintf(out, ",%s", table->cell[i].spread);
    }
    fputs(table->notes > 0 ? "\ntable,of,note\n" : "\n", out);
    for (size_t n = 0; n < table->notes; n++) {
        fprintf(out, "notes,%s,", table->id);
        text_put_csv(out, table->note[n]);
        fputc('\n', out);
    }
}

const struct table_printer table_csv = {"csv", "", "", "", "", print_csv};
