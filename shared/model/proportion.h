/* Shares of a number of clients. */
#ifndef CLAIRSCORE_MODEL_PROPORTION_H
#define CLAIRSCORE_MODEL_PROPORTION_H

/* The 95 % score interval of the share hits / rows (Wilson 1927, "Probable Inference, the Law of Succession,
 * and Statistical Inference"), which stays within 0..1 and holds for small groups, too. NaN without rows. */
void proportion_interval(double *low, double *high, double hits, double rows);

#endif
