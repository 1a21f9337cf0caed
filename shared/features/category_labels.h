/* Readable texts of the categories that are features: X_LABELS(LABEL) calls LABEL(set, enumerator, French,
 * English). */
#ifndef CLAIRSCORE_FEATURES_CATEGORY_LABELS_H
#define CLAIRSCORE_FEATURES_CATEGORY_LABELS_H

#include "shared/data/home_credit.h"

/* clang-format off */
#define CONTRACT_TYPE_LABELS(LABEL) \
    LABEL(CONTRACT_TYPE, CASH_LOANS, "Crédit amortissable", "Cash loan") \
    LABEL(CONTRACT_TYPE, REVOLVING_LOANS, "Crédit renouvelable", "Revolving loan")

#define CODE_GENDER_LABELS(LABEL) \
    LABEL(CODE_GENDER, F, "Femme", "Woman") \
    LABEL(CODE_GENDER, M, "Homme", "Man") \
    LABEL(CODE_GENDER, XNA, "Non précisé", "Not stated")

#define YES_NO_LETTER_LABELS(LABEL) \
    LABEL(YES_NO_LETTER, N, "Non", "No") \
    LABEL(YES_NO_LETTER, Y, "Oui", "Yes")

#define NAME_TYPE_SUITE_LABELS(LABEL) \
    LABEL(NAME_TYPE_SUITE, UNACCOMPANIED, "Sans accompagnement", "Unaccompanied") \
    LABEL(NAME_TYPE_SUITE, FAMILY, "Famille", "Family") \
    LABEL(NAME_TYPE_SUITE, SPOUSE_PARTNER, "Conjoint", "Spouse or partner") \
    LABEL(NAME_TYPE_SUITE, CHILDREN, "Enfants", "Children") \
    LABEL(NAME_TYPE_SUITE, GROUP_OF_PEOPLE, "Groupe", "Group of people") \
    LABEL(NAME_TYPE_SUITE, OTHER_A, "Autre (A)", "Other (A)") \
    LABEL(NAME_TYPE_SUITE, OTHER_B, "Autre (B)", "Other (B)")

#define NAME_INCOME_TYPE_LABELS(LABEL) \
    LABEL(NAME_INCOME_TYPE, UNEMPLOYED, "Sans emploi", "Unemployed") \
    LABEL(NAME_INCOME_TYPE, MATERNITY_LEAVE, "Congé maternité", "Maternity leave") \
    LABEL(NAME_INCOME_TYPE, STUDENT, "Étudiant", "Student") \
    LABEL(NAME_INCOME_TYPE, WORKING, "Salarié", "Working") \
    LABEL(NAME_INCOME_TYPE, COMMERCIAL_ASSOCIATE, "Associé commercial", "Commercial associate") \
    LABEL(NAME_INCOME_TYPE, PENSIONER, "Retraité", "Pensioner") \
    LABEL(NAME_INCOME_TYPE, STATE_SERVANT, "Agent public", "State servant") \
    LABEL(NAME_INCOME_TYPE, BUSINESSMAN, "Entrepreneur", "Businessman")

#define NAME_EDUCATION_TYPE_LABELS(LABEL) \
    LABEL(NAME_EDUCATION_TYPE, LOWER_SECONDARY, "Collège", "Lower secondary") \
    LABEL(NAME_EDUCATION_TYPE, SECONDARY_SECONDARY_SPECIAL, "Lycée ou filière professionnelle", "Secondary or vocational") \
    LABEL(NAME_EDUCATION_TYPE, INCOMPLETE_HIGHER, "Supérieur inachevé", "Incomplete higher") \
    LABEL(NAME_EDUCATION_TYPE, HIGHER_EDUCATION, "Études supérieures", "Higher education") \
    LABEL(NAME_EDUCATION_TYPE, ACADEMIC_DEGREE, "Doctorat", "Academic degree")

#define NAME_FAMILY_STATUS_LABELS(LABEL) \
    LABEL(NAME_FAMILY_STATUS, SINGLE_NOT_MARRIED, "Célibataire", "Single") \
    LABEL(NAME_FAMILY_STATUS, CIVIL_MARRIAGE, "Union libre ou pacs", "Civil marriage") \
    LABEL(NAME_FAMILY_STATUS, SEPARATED, "Séparé(e)", "Separated") \
    LABEL(NAME_FAMILY_STATUS, MARRIED, "Marié(e)", "Married") \
    LABEL(NAME_FAMILY_STATUS, WIDOW, "Veuf ou veuve", "Widowed") \
    LABEL(NAME_FAMILY_STATUS, UNKNOWN, "Inconnue", "Unknown")

#define NAME_HOUSING_TYPE_LABELS(LABEL) \
    LABEL(NAME_HOUSING_TYPE, WITH_PARENTS, "Chez ses parents", "With parents") \
    LABEL(NAME_HOUSING_TYPE, RENTED_APARTMENT, "En location", "Rented flat") \
    LABEL(NAME_HOUSING_TYPE, MUNICIPAL_APARTMENT, "Logement municipal", "Municipal flat") \
    LABEL(NAME_HOUSING_TYPE, OFFICE_APARTMENT, "Logement de fonction", "Employer’s flat") \
    LABEL(NAME_HOUSING_TYPE, CO_OP_APARTMENT, "Coopérative", "Co-operative flat") \
    LABEL(NAME_HOUSING_TYPE, HOUSE_APARTMENT, "Maison ou appartement", "House or flat")

#define OCCUPATION_TYPE_LABELS(LABEL) \
    LABEL(OCCUPATION_TYPE, LOW_SKILL_LABORERS, "Ouvrier peu qualifié", "Low-skill labourer") \
    LABEL(OCCUPATION_TYPE, WAITERS_BARMEN_STAFF, "Serveur, barman", "Waiting and bar staff") \
    LABEL(OCCUPATION_TYPE, DRIVERS, "Chauffeur", "Driver") \
    LABEL(OCCUPATION_TYPE, LABORERS, "Ouvrier", "Labourer") \
    LABEL(OCCUPATION_TYPE, SECURITY_STAFF, "Agent de sécurité", "Security staff") \
    LABEL(OCCUPATION_TYPE, CLEANING_STAFF, "Agent d’entretien", "Cleaning staff") \
    LABEL(OCCUPATION_TYPE, COOKING_STAFF, "Cuisinier", "Cooking staff") \
    LABEL(OCCUPATION_TYPE, SALES_STAFF, "Vendeur", "Sales staff") \
    LABEL(OCCUPATION_TYPE, REALTY_AGENTS, "Agent immobilier", "Estate agent") \
    LABEL(OCCUPATION_TYPE, PRIVATE_SERVICE_STAFF, "Services à la personne", "Private service staff") \
    LABEL(OCCUPATION_TYPE, SECRETARIES, "Secrétaire", "Secretary") \
    LABEL(OCCUPATION_TYPE, MEDICINE_STAFF, "Personnel médical", "Medical staff") \
    LABEL(OCCUPATION_TYPE, MANAGERS, "Cadre dirigeant", "Manager") \
    LABEL(OCCUPATION_TYPE, HR_STAFF, "Ressources humaines", "HR staff") \
    LABEL(OCCUPATION_TYPE, IT_STAFF, "Informaticien", "IT staff") \
    LABEL(OCCUPATION_TYPE, CORE_STAFF, "Employé qualifié", "Core staff") \
    LABEL(OCCUPATION_TYPE, HIGH_SKILL_TECH_STAFF, "Technicien supérieur", "High-skill technician") \
    LABEL(OCCUPATION_TYPE, ACCOUNTANTS, "Comptable", "Accountant")

#define WEEKDAY_LABELS(LABEL) \
    LABEL(WEEKDAY, MONDAY, "Lundi", "Monday") \
    LABEL(WEEKDAY, TUESDAY, "Mardi", "Tuesday") \
    LABEL(WEEKDAY, WEDNESDAY, "Mercredi", "Wednesday") \
    LABEL(WEEKDAY, THURSDAY, "Jeudi", "Thursday") \
    LABEL(WEEKDAY, FRIDAY, "Vendredi", "Friday") \
    LABEL(WEEKDAY, SATURDAY, "Samedi", "Saturday") \
    LABEL(WEEKDAY, SUNDAY, "Dimanche", "Sunday")

#define ORGANIZATION_TYPE_LABELS(LABEL) \
    LABEL(ORGANIZATION_TYPE, BUSINESS_ENTITY_TYPE_1, "Entreprise de type 1", "Business, type 1") \
    LABEL(ORGANIZATION_TYPE, BUSINESS_ENTITY_TYPE_2, "Entreprise de type 2", "Business, type 2") \
    LABEL(ORGANIZATION_TYPE, BUSINESS_ENTITY_TYPE_3, "Entreprise de type 3", "Business, type 3") \
    LABEL(ORGANIZATION_TYPE, SELF_EMPLOYED, "Indépendant", "Self-employed") \
    LABEL(ORGANIZATION_TYPE, AGRICULTURE, "Agriculture", "Agriculture, farming") \
    LABEL(ORGANIZATION_TYPE, CONSTRUCTION, "Construction", "Building trade") \
    LABEL(ORGANIZATION_TYPE, CLEANING, "Nettoyage", "Cleaning") \
    LABEL(ORGANIZATION_TYPE, RESTAURANT, "Restauration", "Restaurant") \
    LABEL(ORGANIZATION_TYPE, HOTEL, "Hôtellerie", "Hotel") \
    LABEL(ORGANIZATION_TYPE, REALTOR, "Immobilier", "Estate agency") \
    LABEL(ORGANIZATION_TYPE, HOUSING, "Logement", "Housing") \
    LABEL(ORGANIZATION_TYPE, SECURITY, "Sécurité privée", "Security") \
    LABEL(ORGANIZATION_TYPE, SERVICES, "Services", "Service sector") \
    LABEL(ORGANIZATION_TYPE, ADVERTISING, "Publicité", "Advertising") \
    LABEL(ORGANIZATION_TYPE, MOBILE, "Téléphonie mobile", "Mobile telephony") \
    LABEL(ORGANIZATION_TYPE, TELECOM, "Télécommunications", "Telecommunications") \
    LABEL(ORGANIZATION_TYPE, LEGAL_SERVICES, "Services juridiques", "Legal services") \
    LABEL(ORGANIZATION_TYPE, OTHER, "Autre", "Other") \
    LABEL(ORGANIZATION_TYPE, TRADE_TYPE_1, "Commerce de type 1", "Trade, type 1") \
    LABEL(ORGANIZATION_TYPE, TRADE_TYPE_2, "Commerce de type 2", "Trade, type 2") \
    LABEL(ORGANIZATION_TYPE, TRADE_TYPE_3, "Commerce de type 3", "Trade, type 3") \
    LABEL(ORGANIZATION_TYPE, TRADE_TYPE_4, "Commerce de type 4", "Trade, type 4") \
    LABEL(ORGANIZATION_TYPE, TRADE_TYPE_5, "Commerce de type 5", "Trade, type 5") \
    LABEL(ORGANIZATION_TYPE, TRADE_TYPE_6, "Commerce de type 6", "Trade, type 6") \
    LABEL(ORGANIZATION_TYPE, TRADE_TYPE_7, "Commerce de type 7", "Trade, type 7") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_1, "Industrie de type 1", "Industry, type 1") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_2, "Industrie de type 2", "Industry, type 2") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_3, "Industrie de type 3", "Industry, type 3") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_4, "Industrie de type 4", "Industry, type 4") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_5, "Industrie de type 5", "Industry, type 5") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_6, "Industrie de type 6", "Industry, type 6") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_7, "Industrie de type 7", "Industry, type 7") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_8, "Industrie de type 8", "Industry, type 8") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_9, "Industrie de type 9", "Industry, type 9") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_10, "Industrie de type 10", "Industry, type 10") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_11, "Industrie de type 11", "Industry, type 11") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_12, "Industrie de type 12", "Industry, type 12") \
    LABEL(ORGANIZATION_TYPE, INDUSTRY_TYPE_13, "Industrie de type 13", "Industry, type 13") \
    LABEL(ORGANIZATION_TYPE, TRANSPORT_TYPE_1, "Transport de type 1", "Transport, type 1") \
    LABEL(ORGANIZATION_TYPE, TRANSPORT_TYPE_2, "Transport de type 2", "Transport, type 2") \
    LABEL(ORGANIZATION_TYPE, TRANSPORT_TYPE_3, "Transport de type 3", "Transport, type 3") \
    LABEL(ORGANIZATION_TYPE, TRANSPORT_TYPE_4, "Transport de type 4", "Transport, type 4") \
    LABEL(ORGANIZATION_TYPE, POSTAL, "Poste", "Postal service") \
    LABEL(ORGANIZATION_TYPE, ELECTRICITY, "Électricité", "Electricity") \
    LABEL(ORGANIZATION_TYPE, INSURANCE, "Assurance", "Insurance") \
    LABEL(ORGANIZATION_TYPE, BANK, "Banque", "Bank") \
    LABEL(ORGANIZATION_TYPE, CULTURE, "Culture", "Arts and culture") \
    LABEL(ORGANIZATION_TYPE, RELIGION, "Religion", "Religious body") \
    LABEL(ORGANIZATION_TYPE, EMERGENCY, "Secours", "Emergency services") \
    LABEL(ORGANIZATION_TYPE, GOVERNMENT, "Administration", "Government") \
    LABEL(ORGANIZATION_TYPE, MEDICINE, "Santé", "Medicine") \
    LABEL(ORGANIZATION_TYPE, KINDERGARTEN, "École maternelle", "Kindergarten") \
    LABEL(ORGANIZATION_TYPE, SCHOOL, "Enseignement scolaire", "School") \
    LABEL(ORGANIZATION_TYPE, UNIVERSITY, "Université", "University") \
    LABEL(ORGANIZATION_TYPE, POLICE, "Police", "Police force") \
    LABEL(ORGANIZATION_TYPE, MILITARY, "Armée", "Armed forces") \
    LABEL(ORGANIZATION_TYPE, SECURITY_MINISTRIES, "Ministères de la sécurité", "Security ministries") \
    LABEL(ORGANIZATION_TYPE, XNA, "Non précisé", "Not stated")

#define FONDKAPREMONT_MODE_LABELS(LABEL) \
    LABEL(FONDKAPREMONT_MODE, NOT_SPECIFIED, "Non précisé", "Not specified") \
    LABEL(FONDKAPREMONT_MODE, ORG_SPEC_ACCOUNT, "Compte spécial de l’organisme", "Special account of the organisation") \
    LABEL(FONDKAPREMONT_MODE, REG_OPER_ACCOUNT, "Compte de l’opérateur régional", "Account of the regional operator") \
    LABEL(FONDKAPREMONT_MODE, REG_OPER_SPEC_ACCOUNT, "Compte spécial de l’opérateur régional", "Special account of the regional operator")

#define HOUSETYPE_MODE_LABELS(LABEL) \
    LABEL(HOUSETYPE_MODE, SPECIFIC_HOUSING, "Habitat particulier", "Specific housing") \
    LABEL(HOUSETYPE_MODE, TERRACED_HOUSE, "Maison mitoyenne", "Terraced house") \
    LABEL(HOUSETYPE_MODE, BLOCK_OF_FLATS, "Immeuble collectif", "Block of flats")

#define WALLSMATERIAL_MODE_LABELS(LABEL) \
    LABEL(WALLSMATERIAL_MODE, WOODEN, "Bois", "Wood") \
    LABEL(WALLSMATERIAL_MODE, OTHERS, "Autres", "Others") \
    LABEL(WALLSMATERIAL_MODE, MIXED, "Mixte", "Mixed") \
    LABEL(WALLSMATERIAL_MODE, BLOCK, "Blocs", "Block") \
    LABEL(WALLSMATERIAL_MODE, STONE_BRICK, "Pierre, brique", "Stone, brick") \
    LABEL(WALLSMATERIAL_MODE, PANEL, "Panneaux", "Panel") \
    LABEL(WALLSMATERIAL_MODE, MONOLITHIC, "Béton coulé", "Cast concrete")

#define NO_YES_LABELS(LABEL) \
    LABEL(NO_YES, NO, "Non", "No") \
    LABEL(NO_YES, YES, "Oui", "Yes")

#define CREDIT_ACTIVE_LABELS(LABEL) \
    LABEL(CREDIT_ACTIVE, ACTIVE, "En cours", "Active") \
    LABEL(CREDIT_ACTIVE, CLOSED, "Soldé", "Closed") \
    LABEL(CREDIT_ACTIVE, SOLD, "Cédé", "Sold") \
    LABEL(CREDIT_ACTIVE, BAD_DEBT, "Créance douteuse", "Bad debt")

#define CREDIT_CURRENCY_LABELS(LABEL) \
    LABEL(CREDIT_CURRENCY, CURRENCY_1, "Monnaie 1", "Currency 1") \
    LABEL(CREDIT_CURRENCY, CURRENCY_2, "Monnaie 2", "Currency 2") \
    LABEL(CREDIT_CURRENCY, CURRENCY_3, "Monnaie 3", "Currency 3") \
    LABEL(CREDIT_CURRENCY, CURRENCY_4, "Monnaie 4", "Currency 4")

#define CREDIT_TYPE_LABELS(LABEL) \
    LABEL(CREDIT_TYPE, CONSUMER_CREDIT, "Crédit à la consommation", "Consumer credit") \
    LABEL(CREDIT_TYPE, CREDIT_CARD, "Carte de crédit", "Credit card") \
    LABEL(CREDIT_TYPE, CAR_LOAN, "Crédit automobile", "Car loan") \
    LABEL(CREDIT_TYPE, MORTGAGE, "Crédit hypothécaire", "Mortgage") \
    LABEL(CREDIT_TYPE, MICROLOAN, "Microcrédit", "Microloan") \
    LABEL(CREDIT_TYPE, LOAN_FOR_BUSINESS_DEVELOPMENT, "Développement d’une entreprise", "Business development") \
    LABEL(CREDIT_TYPE, LOAN_FOR_WORKING_CAPITAL_REPLENISHMENT, "Fonds de roulement", "Working capital") \
    LABEL(CREDIT_TYPE, LOAN_FOR_THE_PURCHASE_OF_EQUIPMENT, "Achat d’équipement", "Purchase of equipment") \
    LABEL(CREDIT_TYPE, LOAN_FOR_PURCHASE_OF_SHARES_MARGIN_LENDING, "Achat de titres (crédit sur marge)", "Purchase of shares (margin lending)") \
    LABEL(CREDIT_TYPE, CASH_LOAN_NON_EARMARKED, "Prêt personnel non affecté", "Cash loan, not earmarked") \
    LABEL(CREDIT_TYPE, REAL_ESTATE_LOAN, "Crédit immobilier", "Real estate loan") \
    LABEL(CREDIT_TYPE, INTERBANK_CREDIT, "Crédit interbancaire", "Interbank credit") \
    LABEL(CREDIT_TYPE, MOBILE_OPERATOR_LOAN, "Crédit d’un opérateur mobile", "Loan of a mobile operator") \
    LABEL(CREDIT_TYPE, ANOTHER_TYPE_OF_LOAN, "Autre type de crédit", "Another type of loan") \
    LABEL(CREDIT_TYPE, UNKNOWN_TYPE_OF_LOAN, "Type de crédit inconnu", "Unknown type of loan")

#define CARD_CONTRACT_STATUS_LABELS(LABEL) \
    LABEL(CARD_CONTRACT_STATUS, ACTIVE, "En cours", "Active") \
    LABEL(CARD_CONTRACT_STATUS, COMPLETED, "Terminé", "Completed") \
    LABEL(CARD_CONTRACT_STATUS, SIGNED, "Signé", "Signed") \
    LABEL(CARD_CONTRACT_STATUS, APPROVED, "Approuvé", "Approved") \
    LABEL(CARD_CONTRACT_STATUS, DEMAND, "Mise en demeure", "Demand") \
    LABEL(CARD_CONTRACT_STATUS, SENT_PROPOSAL, "Proposition envoyée", "Proposal sent") \
    LABEL(CARD_CONTRACT_STATUS, REFUSED, "Refusé", "Refused")

/* clang-format on */

#define LABELLED_SETS(SET)                                                                                   \
    SET(CONTRACT_TYPE)                                                                                       \
    SET(CODE_GENDER)                                                                                         \
    SET(YES_NO_LETTER)                                                                                       \
    SET(NAME_TYPE_SUITE)                                                                                     \
    SET(NAME_INCOME_TYPE)                                                                                    \
    SET(NAME_EDUCATION_TYPE)                                                                                 \
    SET(NAME_FAMILY_STATUS)                                                                                  \
    SET(NAME_HOUSING_TYPE)                                                                                   \
    SET(OCCUPATION_TYPE)                                                                                     \
    SET(WEEKDAY)                                                                                             \
    SET(ORGANIZATION_TYPE)                                                                                   \
    SET(FONDKAPREMONT_MODE)                                                                                  \
    SET(HOUSETYPE_MODE)                                                                                      \
    SET(WALLSMATERIAL_MODE)                                                                                  \
    SET(NO_YES)                                                                                              \
    SET(CREDIT_ACTIVE)                                                                                       \
    SET(CREDIT_CURRENCY)                                                                                     \
    SET(CREDIT_TYPE)                                                                                         \
    SET(CARD_CONTRACT_STATUS)

#endif
