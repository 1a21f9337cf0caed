#include "shared/model/tree_shap_tables.h"

#ifdef __x86_64__
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw")
#define SHAP_EXPLAIN_ROW shap_explain_row_avx512
#define SHAP_EXPLAIN_ROWS shap_explain_rows_avx512
#include "shared/model/tree_shap_kernel.h"
#endif
