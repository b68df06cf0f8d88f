/* What a result file says of the methods of its run: /method. */
#ifndef RESLICE_REPORT_READ_METHOD_H
#define RESLICE_REPORT_READ_METHOD_H

#include "report/reader.h"
#include "report/results.h"

/* Fills method, method_layers and method_known; columns that the file does not have are 0 in both. The
 * reader fails where the file does. Not collective. */
void report_read_method(struct reader *reader, struct report_result *result);

#endif
