/* What an analog-to-digital converter of N bits costs: published models, side by side.
 *
 * They disagree by more than an order of magnitude at 1 to 3 bits, the operating points of
 * arXiv 1909.08496: each says where it comes from and where it holds. */
#ifndef RESLICE_HW_ADC_COST_H
#define RESLICE_HW_ADC_COST_H

#include <stdbool.h>
#include <stddef.h>

/* Cost of one conversion at N >= 1 bits. A NULL function means that the model does not say. */
struct adc_model {
    const char *name;
    const char *source;
    const char *energy_formula, *time_formula, *area_formula; /* NULL like the function */
    const char *energy_unit, *time_unit, *area_unit; /* "pJ"; "1" where only ratios count */
    const char *validity;
    int lowest_bits;  /* fewer bits are extrapolated; 0: the formula holds for all */
    bool is_headline; /* shown beside every choice of bits, not only in the table of costs */
    double (*energy)(int bits); /* of a conversion */
    double (*time)(int bits);   /* of a conversion (sensing time) */
    double (*area)(int bits);   /* of a converter */
};

/* All models; *count of them. Not collective. */
const struct adc_model *const *adc_models(size_t *count);

/* The model of this name; NULL when there is none. Not collective. */
const struct adc_model *adc_model_find(const char *name);

/* What arXiv 1909.08496 prints for its ADCs against 8 bits: savings at 1 and 3 bits. */
enum { ADC_PAPER_ROWS = 3 };
struct adc_published {
    const char *quantity;
    double at_1_bit, at_3_bits;
};
extern const struct adc_published adc_paper[ADC_PAPER_ROWS];

#endif
