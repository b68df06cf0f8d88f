/* For papers: a table environment with its notes; needs the package booktabs. */
#include "table/printers.h"
#include "table/text.h"

static void print_latex(const struct table *table, FILE *out)
{
    fputs("\\begin{table}\n  \\centering\n  \\caption{", out);
    text_put_latex(out, table->title);
    fputs("}\n  \\begin{tabular}{", out);
    for (size_t c = 0; c < table->columns; c++)
        fputc(table->column[c].kind == TABLE_WORDS ? 'l' : 'r', out);
    fputs("}\n    \\toprule\n    ", out);
    for (size_t c = 0; c < table->columns; c++) {
        char header[TABLE_TEXT_BYTES];
        fputs(c > 0 ? " & " : "", out);
        text_put_latex(out, table_header_of(&table->column[c], "", header));
    }
    fputs(" \\\\\n    \\midrule\n", out);
    for (size_t i = 0; i < table->cells; i++) {
        const struct table_cell *cell = &table->cell[i];
        fputs(i % table->columns == 0 ? "    " : " & ", out);
        text_put_latex(out, table_value_or(cell, "--"));
        fprintf(out, "%s%s", cell->spread[0] ? " $\\pm$ " : "", cell->spread);
        text_put_latex(out, cell->mark);
        fputs(i % table->columns == table->columns - 1 ? " \\\\\n" : "", out);
    }
    fputs("    \\bottomrule\n  \\end{tabular}\n", out);
    for (size_t n = 0; n < table->notes; n++) {
        fputs("  \\par{\\footnotesize ", out);
        text_put_latex(out, table->note[n]);
        fputs("}\n", out);
    }
    fputs("\\end{table}\n\n", out);
}

const struct table_printer table_latex = {"latex", "", "", "", "", print_latex};
