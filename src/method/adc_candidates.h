/* Codes that may stand for a weight on a crossbar column under ADC limits (method/adc_column.h).
 *
 * For every x that rounds to the nearest code q, a code b is of no use where another is preferable:
 * nearer or as near, with no larger digit in any slice. A few dozen of 256 are left.
 */
#ifndef RESLICE_METHOD_ADC_CANDIDATES_H
#define RESLICE_METHOD_ADC_CANDIDATES_H

#include <stdint.h>

#include "hw/bit_slice.h"

enum { ADC_CODES = 256 };

/* Candidates of one format, listed when they are asked for; 68 kB, the caller's. */
struct adc_candidates {
    struct bit_slice_format format;
    int slices;
    uint8_t digit[ADC_CODES][BIT_SLICE_MAX];
    uint16_t count[ADC_CODES];          /* of each nearest code; 0: not listed yet */
    uint8_t code[ADC_CODES][ADC_CODES]; /* [nearest, count], nearest first */
};

/* Sets the digits of every code and empties the lists; format.bits is at most 8. Not collective. */
void adc_candidates_start(struct adc_candidates *all, struct bit_slice_format format);

/* Lists the candidates of this nearest code, at least itself, unless that is done. Not
 * collective. */
void adc_candidates_list(struct adc_candidates *all, int nearest);

#endif
