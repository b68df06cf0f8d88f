/* Converters in the loop: the weight layers of a run's network give in every forward pass, of training
 * and of evaluation, what crossbars with the ADCs of its section `adc` give, the very integers of
 * simulate/inference.h. Backward, the converters are the identity (straight-through): the gradients are
 * those of the product that nothing clips.
 *
 * Where converters clip, the exact product is computed as ever and what they take from it subtracted
 * (hw/clip_error.h): only columns of cells that can clip are simulated, and layers without any cost
 * nothing. */
#ifndef RESLICE_TRAIN_ADC_LOOP_H
#define RESLICE_TRAIN_ADC_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include "nn/network.h"
#include "settings/settings.h"

struct adc_loop;

/* Takes all memory for the converters of a run; NULL when it has none. The network must stay;
 * adc_loop_destroy is due. Not collective. */
struct adc_loop *adc_loop_create(const struct settings *settings, const struct network *net);

/* Gives back the memory; NULL is allowed. Not collective. */
void adc_loop_destroy(struct adc_loop *loop);

/* For passes over the network, which it also prepares; NULL of NULL. Owned by the loop. Not
 * collective. */
const struct multiplier *adc_loop_multiplier(const struct adc_loop *loop);

/* How many weight layers can clip with the weights that the network was last prepared with, and so cost
 * time. Not collective. */
size_t adc_loop_busy_layers(const struct adc_loop *loop);

#endif
