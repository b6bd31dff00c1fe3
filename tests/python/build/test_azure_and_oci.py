"""Bills of Azure and Oracle Cloud from the developers' samples: files and fact agree to the last digit."""

import csv
from decimal import ROUND_HALF_UP, Decimal

PLACE = Decimal(1).scaleb(-18)


def in_the_file(path, column):
    """What a file's amounts add up to, each at the 18 decimals that the warehouse keeps."""
    with path.open(newline="") as file:
        return sum(Decimal(row[column]).quantize(PLACE, ROUND_HALF_UP) for row in csv.DictReader(file))


def test_samples_are_charges_to_the_last_digit(new_project, shared):
    samples = shared / "samples/raw"
    azure = [samples / "azure_ea_actual_dev.csv", samples / "azure_mca_actual_nise.csv"]
    oci = samples / "oci_cost_report_dev.csv"
    environment = {
        "SOURCES__AZURE__BUCKET_URL": f'["{azure[0]}", "{azure[1]}"]',
        "SOURCES__OCI__BUCKET_URL": str(oci),
    }
    new_project.load(environment, "azure", "oci", since=None)
    new_project.dbt(
        *("build", "--vars", "{providers: [azure, oci]}", "--select", "+int_azure__charges"),
        *("+int_oci__charges", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
    )
    expected = {
        ("Microsoft", "CAD", "12345678"): in_the_file(azure[0], "CostInBillingCurrency"),
        ("Microsoft", "USD", "52321757"): in_the_file(azure[1], "CostInBillingCurrency"),
    }
    sums = (
        "service_provider_name, billing_currency, billing_account_id, sum(billed_cost), sum(effective_cost)"
    )
    for provider in ("azure", "oci"):
        found = new_project.rows(f"select {sums} from main_intermediate.int_{provider}__charges group by all")
        for name, currency, account, billed, effective in found:
            assert billed == effective
            if provider == "azure":
                assert billed == expected.pop((name, currency, account))
            else:
                assert (name, currency, billed) == ("Oracle", "USD", in_the_file(oci, "cost/myCost"))
    assert not expected
