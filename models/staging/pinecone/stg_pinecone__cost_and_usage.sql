with

final as (

    {{ apportion.focus_lines(
        source('raw_pinecone', 'cost_and_usage'), dbt.concat(["'pinecone:'", 'line_id']), keys=[['line_id', 'text']]
    ) }}

)

select * from final
