/* simulate: the line of long work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulate/work_line.h"

static void says(const struct work_line *line, double now_s, const char *expected)
{
    char text[WORK_LINE_TEXT];
    assert_string_equal(work_line_text(line, now_s, text), expected);
}

static void test_words(void **state)
{
    (void)state;
    struct work_line line = {0};
    work_line_start(&line, "search", 166);
    const double start_s = line.start_s;
    says(&line, start_s + 5, "search 0/166"); /* nothing done: nobody knows */
    work_line_advance(&line, 41);
    says(&line, start_s + 4.2, "search 41/166, 0:13 left"); /* 125 of 0.102 s */
    work_line_left(&line, 41);
    says(&line, start_s + 4.2, "search 41/82, 0:04 left");
    says(&line, start_s + 7200, "search 41/82, 2:00:00 left");
    work_line_begin_part(&line, 200);
    work_line_samples(&line, 100); /* half of the 42nd: 41.5 done, 40.5 to do */
    says(&line, start_s + 415, "search 41/82, 6:45 left");
    work_line_advance(&line, 41);
    says(&line, start_s + 10, "search 82/82, 0:00 left");
    work_line_advance(&line, 1); /* more than foreseen */
    says(&line, start_s + 10, "search 83/82");
    work_line_start(&line, "search", 0);
    work_line_advance(&line, 7);
    says(&line, line.start_s + 10, "search 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
