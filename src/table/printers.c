#include "table/printers.h"

const struct table_cell *table_cell_at(const struct table *table, size_t row, size_t column)
{
    return &table->cell[row * table->columns + column];
}

const char *table_value_or(const struct table_cell *cell, const char *missing)
{
    return cell->value ? cell->value : missing;
}

const char *table_header_of(const struct table_heading *column, const char *suffix, char *text)
{
    snprintf(text, TABLE_TEXT_BYTES, "%s%s%s%s%s", column->name, suffix, column->unit ? " (" : "",
             column->unit ? column->unit : "", column->unit ? ")" : "");
    return text;
}
