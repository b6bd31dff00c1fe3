{#
    Only one of the two cost reports is a day's bill: the one that read it last. So a change of the setting `reports`
    takes the days over as it reads them, and no day is billed twice.
#}
with

ranked as (

    select
        charge_date,
        report,
        row_number() over (partition by charge_date order by read_at desc, report asc) as newest_first
    from {{ ref('stg_anthropic__report_reads') }}

),

final as (

    select
        charge_date,
        report
    from ranked
    where newest_first = 1

)

select * from final
