/* For programs: a table is one object, several are an array of them.
 *
 *     {"table": id, "title": …, "columns": [{"name", "unit"}, …], "rows": [[…], …], "notes": […]}
 *
 * Numbers are numbers, a number that may have a spread is {"mean", "std"}, what is missing is null. */
#include "table/printers.h"

/* A JSON string (RFC 8259) of valid UTF-8. */
static void put_string(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", (unsigned)c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void put_cell(const struct table_heading *column, const struct table_cell *cell, FILE *out)
{
    if (!cell->value)
        fputs("null", out);
    else if (!cell->is_number)
        put_string(cell->value, out);
    else if (column->kind == TABLE_NUMBER)
        fputs(cell->value, out);
    else
        fprintf(out, "{\"mean\": %s, \"std\": %s}", cell->value,
                cell->spread[0] ? cell->spread : "null");
}

static void print_json(const struct table *table, FILE *out)
{
    fputs("{\"table\": ", out);
    put_string(table->id, out);
    fputs(", \"title\": ", out);
    put_string(table->title, out);
    fputs(",\n \"columns\": [", out);
    for (size_t c = 0; c < table->columns; c++) {
        fputs(c ? ", {\"name\": " : "{\"name\": ", out);
        put_string(table->column[c].name, out);
        fputs(", \"unit\": ", out);
        if (table->column[c].unit)
            put_string(table->column[c].unit, out);
        else
            fputs("null", out);
        fputc('}', out);
    }
    fputs("],\n \"rows\": [", out);
    for (size_t i = 0; i < table->cells; i++) {
        const size_t c = i % table->columns;
        fputs(c > 0 ? ", " : i > 0 ? "],\n  [" : "\n  [", out);
        put_cell(&table->column[c], &table->cell[i], out);
    }
    fputs(table->cells > 0 ? "]],\n \"notes\": [" : "],\n \"notes\": [", out);
    for (size_t n = 0; n < table->notes; n++) {
        fputs(n ? ",\n  " : "\n  ", out);
        put_string(table->note[n], out);
    }
    fputs("]}", out);
}

const struct table_printer table_json = {"json", "[\n", ",\n", "\n]\n", "\n", print_json};
