/* What a result file says of crossbars and the bits of their converters: /crossbars and /adc/LAYER. */
#ifndef RESLICE_REPORT_READ_HARDWARE_H
#define RESLICE_REPORT_READ_HARDWARE_H

#include "report/reader.h"
#include "report/results.h"

/* Fills crossbar_slices, cell_bits, rows, columns, layers, bits and clip_rate; a file without /adc has no
 * crossbars. The reader fails where the file does. Not collective. */
void report_read_hardware(struct reader *reader, struct report_result *result);

#endif
