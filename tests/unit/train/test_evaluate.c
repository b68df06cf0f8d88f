/* Blocks of evaluation: what comes out does not depend on their size; their size follows from the
 * network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "nn/models.h"
#include "train/calibrate.h"
#include "train/evaluate.h"

enum { COUNT = 107, SIDE = 28, BITS = 8 };

static struct model_spec lenet5(int side)
{
    return (struct model_spec){
        .model = "lenet5", .channels = 1, .height = side, .width = side, .classes = 10};
}

static struct dataset make_pictures(void)
{
    struct dataset set = {.channels = 1, .height = SIDE, .width = SIDE, .classes = 10};
    set.std[0] = 0.25F;
    set.test = (struct dataset_part){.count = COUNT,
                                     .pixel = MEM_NEW(uint8_t, COUNT * SIDE * SIDE),
                                     .label = MEM_NEW(uint16_t, COUNT)};
    for (size_t i = 0; i < (size_t)COUNT * SIDE * SIDE; i++)
        set.test.pixel[i] = (uint8_t)(i * 2654435761U >> 24);
    for (size_t i = 0; i < COUNT; i++)
        set.test.label[i] = (uint16_t)(i % 10);
    return set;
}

static void test_any_block(void **state)
{
    (void)state;
    static const size_t blocks[] = {7, 1, 99};
    const struct model_spec spec = lenet5(SIDE);
    const struct pass pass = {.quantise = true, .bits = BITS};
    struct dataset set = make_pictures();
    struct network net;
    uint16_t whole[COUNT], cut[COUNT];
    struct tensor *logits = model_describe(&net, &spec);
    network_finish(&net, logits, NETWORK_BLOCK);
    assert_int_equal(net.block, NETWORK_BLOCK);
    parameters_initialise(&net.params, 1);
    assert_true(network_prepare(&net, &pass));
    struct evaluate_job job = {.net = &net,
                               .quantise = true,
                               .bits = BITS,
                               .set = &set,
                               .part = &set.test,
                               .count = COUNT,
                               .predicted = whole};
    assert_true(calibrate_exponents(job).is_finite && network_prepare(&net, &pass));
    const struct evaluation expected = evaluate(&job);
    assert_true(expected.is_finite);
    job.predicted = cut;
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
        net.block = blocks[b];
        memset(cut, 0xff, sizeof cut);
        const struct evaluation got = evaluate(&job);
        assert_memory_equal(&got.loss, &expected.loss, sizeof got.loss);
        assert_memory_equal(&got.accuracy, &expected.accuracy, sizeof got.accuracy);
        assert_memory_equal(cut, whole, sizeof whole);
    }
    network_destroy(&net);
    dataset_free(&set);
    assert_int_equal(mem_live_blocks(), 0);
}

static size_t block_of(int side)
{
    const struct model_spec spec = lenet5(side);
    struct network net;
    model_describe(&net, &spec);
    const size_t block = network_block(&net);
    network_destroy(&net);
    return block;
}

/* LeNet-5 has two maps of 20 channels nearly as large as the image, and more: at 224 x 224 between 8 and
 * 30 MB a sample, at 4000 x 4000 more than 1 GiB. */
static void test_size(void **state)
{
    (void)state;
    assert_int_equal(block_of(28), 100);
    const size_t block = block_of(224);
    assert_true(block >= ((size_t)1 << 30) / 30000000 && block <= ((size_t)1 << 30) / 8000000);
    assert_true(block < 100);
    assert_int_equal(block_of(4000), 1);
    assert_int_equal(mem_live_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_block),
                                       cmocka_unit_test(test_size)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
