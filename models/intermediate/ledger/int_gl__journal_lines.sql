{#
    What each line of the ledger is to the comparison with bills: a cost, a tax, or neither. Main lines and control accounts
    offset the expense lines of their journal, so they count nothing; seeds/finance/gl_accounts.csv decides before the
    account's type does. A line that two extracts hold counts as the newer one has it.

    Invoice month, posting period and service month are three things. The service month is what the line says, else what
    the journal says that it reverses, so that an accrual, its reversal and the bill meet; else the fiscal period.
#}
{% set fields = ['company_code', 'account_number', 'vendor_id', 'vendor_name'] %}

with

numbered as (

    select
        stg.*,
        row_number() over (
            partition by coalesce(company_code, ''), journal_line_id
            order by coalesce(updated_at, '') desc, source_file desc, source_row desc
        ) as newest_first
    from {{ ref('stg_gl__journal_lines') }} as stg

),

newest as (

    select * from numbered
    where newest_first = 1

),

parties as (

    select distinct
        {%- for field in fields %}
        {{ apportion.normalised(field) }} as {{ field }}{{ ',' if not loop.last }}
        {%- endfor %}
    from newest

),

accounts as (

    select
        {{ apportion.normalised('company_code') }} as company_code,
        {{ apportion.normalised('account_number') }} as account_number,
        {{ apportion.normalised('vendor') }} as vendor,
        {{ apportion.normalised('treatment') }} as treatment,
        {{ apportion.trimmed('provider') }} as provider
    from {{ ref('gl_accounts') }}

),

{#  The row that names the vendor speaks before the one that names the account, and that before the company's. #}
matched as (

    select
        parties.*,
        accounts.treatment,
        accounts.provider,
        case when accounts.vendor is not null then 4 else 0 end
        + case when accounts.account_number is not null then 2 else 0 end
        + case when accounts.company_code is not null then 1 else 0 end as precision_rank

    from parties

    inner join accounts
        on (accounts.company_code is null or parties.company_code = accounts.company_code)
        and (accounts.account_number is null or parties.account_number = accounts.account_number)
        and (
            accounts.vendor is null
            or parties.vendor_id = accounts.vendor
            or parties.vendor_name = accounts.vendor
        )

),

{% for answer in ['treatment', 'provider'] %}
{{ answer }}s as (

    select
        {{ fields | join(',\n        ') }},
        {{ answer }}
    from (
        select
            *,
            row_number() over (
                partition by {{ fields | join(', ') }}
                order by precision_rank desc, {{ answer }} asc
            ) as best_first
        from matched
        where {{ answer }} is not null
    ) as ranked
    where best_first = 1

),
{% endfor %}
journals as (

    select
        coalesce(company_code, '') as company_code,
        journal_id,
        min(service_period_start) as service_period_start
    from newest
    group by
        coalesce(company_code, ''),
        journal_id

),

treated as (

    select
        newest.*,
        providers.provider,
        case
            when newest.is_main_line then 'control'
            when treatments.treatment is not null then treatments.treatment
            when newest.is_tax_line then 'tax'
            when lower(newest.account_type) like '%expense%' or lower(newest.account_type) like '%cost of%'
                or lower(newest.account_type) in ('cogs', 'expense') then 'cost'
            when lower(newest.account_type) like '%payable%' or lower(newest.account_type) like '%bank%'
                or lower(newest.account_type) like '%receivable%' then 'control'
            else 'balance'
        end as treatment,
        coalesce(newest.service_period_start, reversed.service_period_start) as service_day,
        case
            when newest.service_period_start is not null then 'line'
            when reversed.service_period_start is not null then 'reversed journal'
            else 'fiscal period'
        end as service_month_basis

    from newest

    {% for answer in ['treatment', 'provider'] -%}
    left join {{ answer }}s
        on {% for field in fields -%}
        {{ 'and ' if not loop.first }}coalesce({{ apportion.normalised('newest.' ~ field) }}, '') = coalesce({{ answer }}s.{{ field }}, '')
        {% endfor %}
    {% endfor -%}
    left join journals as reversed
        on coalesce(newest.company_code, '') = reversed.company_code
        and newest.reversal_of_journal_id = reversed.journal_id

),

{#  A tax on a line of its own counts there; the tax that a line only tells counts where its journal has no such line. #}
taxed as (

    select
        treated.*,
        max(case when treatment = 'tax' then 1 else 0 end) over (
            partition by coalesce(company_code, ''), journal_id
        ) as has_tax_line
    from treated

),

final as (

    select
        line_id,
        coalesce(company_code, '') as company_code,
        journal_line_id,
        journal_id,
        journal_type,
        posting_date,
        document_date,
        fiscal_period,
        period_status,
        cast({{ dbt.concat(['fiscal_period', "'-01'"]) }} as date) as fiscal_month,
        {{ apportion.period_start('month', "coalesce(service_day, cast(" ~ dbt.concat(['fiscal_period', "'-01'"]) ~ " as date))") }}
            as service_month,
        service_month_basis,
        account_number,
        account_name,
        account_type,
        cost_center,
        vendor_id,
        vendor_name,
        vendor_invoice_number,
        line_description,
        coalesce(provider, 'Unmapped') as provider_name,
        treatment,
        case
            when treatment = 'tax' then 'tax'
            when treatment <> 'cost' then 'none'
            when reversal_of_journal_id is not null or journal_type = 'reversal' then 'reversal'
            when is_accrual or journal_type = 'accrual' then 'accrual'
            else 'invoice'
        end as entry_kind,
        transaction_currency,
        ledger_currency,
        exchange_rate,
        amount_transaction,
        amount_ledger,
        cast(case
            when treatment = 'cost' and has_tax_line = 0 then coalesce(tax_amount, 0) else 0
        end as {{ apportion.money() }}) as tax_told,
        source_file,
        source_row

    from taxed

)

select * from final
