#include "shared/model/tree_shap_tables.h"

#ifdef __x86_64__
#pragma GCC target("avx2")
#define SHAP_EXPLAIN_ROW shap_explain_row_avx2
#define SHAP_EXPLAIN_ROWS shap_explain_rows_avx2
#include "shared/model/tree_shap_kernel.h"
#endif
