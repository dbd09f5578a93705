/* Texts of children and their numbers, from 1, in the order of their first appearance. */
#include "run/run-exec-parts-private.h"

struct SrRunNumbers {
    GHashTable *numbers; /* GBytes → number */
    GPtrArray *texts;    /* GBytes, owned; by number - 1 */
};

SrRunNumbers *
sr_run_numbers_new(void)
{
    SrRunNumbers *numbers = g_new(SrRunNumbers, 1);

    numbers->numbers = g_hash_table_new(g_bytes_hash, g_bytes_equal);
    numbers->texts = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    return numbers;
}

void
sr_run_numbers_free(SrRunNumbers *numbers)
{
    if (numbers == NULL)
        return;
    g_hash_table_unref(numbers->numbers);
    g_ptr_array_unref(numbers->texts);
    g_free(numbers);
}

void
sr_run_numbers_reset(SrRunNumbers *numbers)
{
    g_hash_table_remove_all(numbers->numbers);
    g_ptr_array_set_size(numbers->texts, 0);
}

uint32_t
sr_run_number_of(SrRunNumbers *numbers, const void *text, size_t length, bool *fresh)
{
    GBytes *bytes = g_bytes_new(text, length);
    void *number = g_hash_table_lookup(numbers->numbers, bytes);

    *fresh = number == NULL;
    if (number != NULL) {
        g_bytes_unref(bytes);
        return GPOINTER_TO_UINT(number);
    }
    g_ptr_array_add(numbers->texts, bytes);
    g_hash_table_insert(numbers->numbers, bytes, GUINT_TO_POINTER(numbers->texts->len));
    return numbers->texts->len;
}

const void *
sr_run_number_text(const SrRunNumbers *numbers, uint32_t number, size_t *length)
{
    return g_bytes_get_data(g_ptr_array_index(numbers->texts, number - 1), length);
}
