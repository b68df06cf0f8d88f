/* What reslice crossbar has added to a result file: /adc/assignments, /adc/sweep and /adc/devices. */
#ifndef RESLICE_REPORT_READ_ASSIGNMENTS_H
#define RESLICE_REPORT_READ_ASSIGNMENTS_H

#include "report/reader.h"
#include "report/results.h"

/* Fills assignments, exact_test, test_samples, sweep and exact_calibration; a file without
 * /adc/assignments has none. crossbar_slices must be known. The reader fails where the file does. Not
 * collective. */
void report_read_assignments(struct reader *reader, struct report_result *result);

#endif
