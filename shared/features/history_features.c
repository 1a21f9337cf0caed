/* From the sums of a client's history to its features. Unknown history leaves all of them missing. */
#include "shared/features/derive.h"

static double mean_of(struct mean mean)
{
    return derive_ratio(mean.sum, mean.count);
}

static double largest_of(struct extreme extreme)
{
    return extreme.count ? extreme.value : (double)NAN;
}

static void derive_bureau(const double *application, const struct bureau_sums *sums, float *out)
{
    double income = application[APPLICATION_AMT_INCOME_TOTAL];
    derive_set(out, FEATURE_BUREAU_COUNT, sums->rows);
    derive_set(out, FEATURE_BUREAU_ACTIVE_SHARE, derive_ratio(sums->active, sums->rows));
    derive_set(out, FEATURE_BUREAU_LOAN_TYPES, __builtin_popcount(sums->types));
    derive_set(out, FEATURE_BUREAU_DAYS_CREDIT_MEAN, mean_of(sums->days_credit));
    derive_set(out, FEATURE_BUREAU_DAYS_CREDIT_MAX, largest_of(sums->days_credit_latest));
    derive_set(out, FEATURE_BUREAU_MAX_OVERDUE, largest_of(sums->overdue_largest));
    derive_set(out, FEATURE_BUREAU_DAYS_END_FURTHEST, largest_of(sums->days_end_furthest));
    derive_set(out, FEATURE_BUREAU_DEBT_TO_CREDIT, derive_ratio(sums->debt, sums->credit));
    derive_set(out, FEATURE_BUREAU_OVERDUE_TO_DEBT, derive_ratio(sums->overdue, sums->debt));
    derive_set(out, FEATURE_BUREAU_ACTIVE_DEBT_TO_CREDIT,
               derive_ratio(sums->active_debt, sums->active_credit));
    if (sums->rows)
        derive_set(out, FEATURE_BUREAU_ACTIVE_CREDIT_TO_INCOME, derive_ratio(sums->active_credit, income));
}

static void derive_bureau_balance(const struct bureau_balance_sums *sums, float *out)
{
    derive_set(out, FEATURE_BUREAU_DPD_MONTH_SHARE, derive_ratio(sums->months_past_due, sums->months));
    derive_set(out, FEATURE_BUREAU_DPD_YEAR_SHARE,
               derive_ratio(sums->year_months_past_due, sums->year_months));
}

static void derive_previous(const double *application, const struct previous_sums *sums, float *out)
{
    derive_set(out, FEATURE_PREV_COUNT, sums->rows);
    derive_set(out, FEATURE_PREV_REFUSED_SHARE, derive_ratio(sums->refused, sums->rows));
    derive_set(out, FEATURE_PREV_REFUSED_YEAR_SHARE, derive_ratio(sums->year_refused, sums->year_rows));
    derive_set(out, FEATURE_PREV_APP_CREDIT_MEAN, mean_of(sums->application_to_credit));
    derive_set(out, FEATURE_PREV_APP_CREDIT_MIN, -largest_of(sums->application_to_credit_least));
    derive_set(out, FEATURE_PREV_DOWN_PAYMENT_RATE_MAX, largest_of(sums->down_payment_rate));
    derive_set(out, FEATURE_PREV_DAYS_DECISION_MAX, largest_of(sums->days_decision_latest));
    derive_set(out, FEATURE_PREV_TERM_MEAN, mean_of(sums->term));
    derive_set(out, FEATURE_PREV_ANNUITY_TO_CREDIT_MEAN, mean_of(sums->annuity_to_credit));
    derive_set(out, FEATURE_PREV_INTEREST_MEAN, mean_of(sums->interest));
    derive_set(out, FEATURE_CREDIT_TO_PREV_APPROVED,
               derive_ratio(application[APPLICATION_AMT_CREDIT], mean_of(sums->approved_credit)));
    derive_set(out, FEATURE_ANNUITY_TO_PREV_APPROVED,
               derive_ratio(application[APPLICATION_AMT_ANNUITY], mean_of(sums->approved_annuity)));
}

static void derive_pos(const struct pos_sums *sums, float *out)
{
    derive_set(out, FEATURE_POS_DPD_SHARE, derive_ratio(sums->months_past_due, sums->months));
    derive_set(out, FEATURE_POS_REMAINING_MEAN, mean_of(sums->remaining));
}

static void derive_instalments(const struct instalment_sums *sums, float *out)
{
    derive_set(out, FEATURE_INSTAL_DPD_MEAN, mean_of(sums->days_past_due));
    derive_set(out, FEATURE_INSTAL_DPD_MAX, largest_of(sums->days_past_due_largest));
    derive_set(out, FEATURE_INSTAL_DBD_MEAN, mean_of(sums->days_before_due));
    derive_set(out, FEATURE_INSTAL_LATE_SHARE, derive_ratio(sums->late, sums->known));
    derive_set(out, FEATURE_INSTAL_LATE_YEAR_SHARE, derive_ratio(sums->year_late, sums->year_known));
    derive_set(out, FEATURE_INSTAL_LATE_WEEK_SHARE, derive_ratio(sums->late_over_week, sums->known));
    derive_set(out, FEATURE_INSTAL_PAID_RATIO_MEAN, mean_of(sums->paid_ratio));
}

static void derive_card(const struct card_sums *sums, float *out)
{
    derive_set(out, FEATURE_CARD_LIMIT_USE_MEAN, mean_of(sums->limit_use));
    derive_set(out, FEATURE_CARD_LIMIT_USE_MAX, largest_of(sums->limit_use_largest));
    derive_set(out, FEATURE_CARD_DPD_SHARE, derive_ratio(sums->months_past_due, sums->months));
    derive_set(out, FEATURE_CARD_CASH_TO_LIMIT_MEAN, mean_of(sums->cash_to_limit));
    derive_set(out, FEATURE_CARD_PAID_TO_MINIMUM_MEAN, mean_of(sums->paid_to_minimum));
}

void derive_history(const double *application, const struct history *history, float *out)
{
    for (size_t i = FEATURE_BUREAU_COUNT; i < FEATURE_COUNT; i++)
        out[i] = NAN;
    if (history_knows(history, TABLE_BUREAU))
        derive_bureau(application, &history->bureau, out);
    if (history_knows(history, TABLE_BUREAU_BALANCE))
        derive_bureau_balance(&history->bureau_balance, out);
    if (history_knows(history, TABLE_PREVIOUS_APPLICATION))
        derive_previous(application, &history->previous, out);
    if (history_knows(history, TABLE_POS_CASH_BALANCE))
        derive_pos(&history->pos, out);
    if (history_knows(history, TABLE_INSTALLMENTS_PAYMENTS))
        derive_instalments(&history->instalments, out);
    if (history_knows(history, TABLE_CREDIT_CARD_BALANCE))
        derive_card(&history->card, out);
}
