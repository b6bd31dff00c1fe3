{% set texts = ['journal_line_id', 'journal_id', 'journal_number', 'journal_type', 'fiscal_period', 'period_status',
    'company_code', 'account_number', 'account_name', 'account_type', 'cost_center', 'project', 'location', 'vendor_id',
    'vendor_name', 'vendor_invoice_number', 'line_description', 'transaction_currency', 'ledger_currency',
    'reversal_of_journal_id', 'updated_at', 'export_batch_id', 'extract_shape'] %}
{% set dates = ['posting_date', 'document_date', 'service_period_start', 'service_period_end'] %}
{% set amounts = ['amount_transaction', 'amount_ledger', 'exchange_rate', 'tax_amount'] %}
{% set flags = ['is_accrual', 'is_main_line', 'is_tax_line'] %}
{% set columns = [['source_file', 'text'], ['source_row', 'bigint']] %}
{% for name in texts + dates + amounts + flags %}
    {% do columns.append([name, 'text']) %}
{% endfor %}

with

raw_rows as (

    {{ apportion.raw_columns(source('raw_gl', 'journal_lines'), columns) }}

),

final as (

    select
        {{ dbt.concat(['source_file', "'#'", 'cast(source_row as ' ~ dbt.type_string() ~ ')']) }} as line_id,
        {%- for name in texts %}
        {{ apportion.trimmed(name) }} as {{ name }},
        {%- endfor %}
        {%- for name in dates %}
        cast(substr({{ name }}, 1, 10) as date) as {{ name }},
        {%- endfor %}
        {%- for name in amounts %}
        cast({{ name }} as {{ apportion.money() }}) as {{ name }},
        {%- endfor %}
        {%- for name in flags %}
        coalesce({{ name }} = 'true', false) as {{ name }},
        {%- endfor %}
        source_file,
        source_row
    from raw_rows

)

select * from final
