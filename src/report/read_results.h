/* From a result file to struct report_result. */
#ifndef RESLICE_REPORT_READ_RESULTS_H
#define RESLICE_REPORT_READ_RESULTS_H

#include <stdbool.h>

#include "base/error.h"
#include "report/results.h"

/* Reads one file into a result that is all 0. What a file does not have is missing (NaN, 0 layers, ""),
 * so that older files go on being read. False with a line when the file is not there, no result file,
 * damaged or nonsense; report_result_free in both cases. `path` must outlive the result. Not
 * collective. */
bool report_read(struct report_result *result, const char *path, struct error *err);

#endif
