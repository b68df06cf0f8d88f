/* The tables of reslice summary: layers, and the memory of a rank. */
#ifndef RESLICE_CLI_SUMMARY_TABLES_H
#define RESLICE_CLI_SUMMARY_TABLES_H

#include "data/dataset.h"
#include "settings/runs.h"
#include "table/table.h"

/* Prints both tables of the network of a run, which build_network_fits accepts for images of the data
 * set, to standard output. Takes and gives back the memory of one sample. Not collective: rank 0's. */
void summary_tables_print(const struct experiment_run *run, const struct dataset *set,
                          enum table_format format);

#endif
