{#
    What kind of service an AWS product code is, in FOCUS's words, as SQL. A service is of one kind, whatever is used of
    it: disks and gateways of Amazon EC2 are on its bill as virtual machines. What is not listed is Other.
    code   SQL: line_item_product_code
    of     category or subcategory
#}
{% macro aws_service(code, of) %}
    {% set kinds = {
        'Compute': {
            'Virtual Machines': ['AmazonEC2', 'AmazonLightsail'],
            'Containers': ['AmazonEKS', 'AmazonECS', 'AmazonECR', 'AmazonECRPublic', 'AWSAppRunner'],
            'Serverless Compute': ['AWSLambda'],
            'End User Computing': ['AmazonWorkSpaces', 'AmazonAppStream'],
            'Quantum Compute': ['AmazonBraket'],
            'Other (Compute)': ['ComputeSavingsPlans', 'AWSBatch', 'AWSElasticBeanstalk', 'AWSOutposts'],
        },
        'Storage': {
            'Object Storage': ['AmazonS3', 'AmazonGlacier', 'AmazonS3GlacierDeepArchive'],
            'File Storage': ['AmazonEFS', 'AmazonFSx'],
            'Backup Storage': ['AWSBackup'],
            'Storage Platforms': ['AWSStorageGateway'],
        },
        'Databases': {
            'Relational Databases': ['AmazonRDS', 'AmazonAuroraDSQL'],
            'NoSQL Databases': ['AmazonDynamoDB', 'AmazonDocDB', 'AmazonMCS', 'AmazonNeptune', 'AmazonSimpleDB'],
            'Caching': ['AmazonElastiCache', 'AmazonMemoryDB', 'AmazonDAX'],
            'Data Warehouses': ['AmazonRedshift'],
            'Time Series Databases': ['AmazonTimestream'],
            'Ledger Databases': ['AmazonQLDB'],
            'Other (Databases)': ['DatabaseSavingsPlans'],
        },
        'Networking': {
            'Application Networking': ['AWSELB', 'AmazonVPCLattice', 'AWSAppMesh', 'AWSCloudMap'],
            'Content Delivery': ['AmazonCloudFront'],
            'Network Connectivity': ['AWSDataTransfer', 'AWSDirectConnect', 'AWSTransitGateway', 'AWSGlobalAccelerator'],
            'Network Infrastructure': ['AmazonVPC'],
            'Network Routing': ['AmazonRoute53'],
            'Network Security': ['AWSNetworkFirewall', 'awswaf', 'AWSShield', 'AWSFMS'],
        },
        'AI and Machine Learning': {
            'Generative AI': ['AmazonBedrock', 'AmazonBedrockService', 'AmazonBedrockAgentCore', 'AmazonQ'],
            'Machine Learning': ['AmazonSageMaker', 'AmazonPersonalize', 'AmazonForecast', 'AmazonRekognition'],
            'Natural Language Processing': ['comprehend', 'translate', 'transcribe', 'AmazonPolly', 'AmazonTextract'],
            'Bots': ['AmazonLex'],
            'Other (AI and Machine Learning)': ['MachineLearningSavingsPlans'],
        },
        'Analytics': {
            'Data Processing': ['AWSGlue', 'ElasticMapReduce', 'AWSGlueElasticViews', 'AWSDataPipeline'],
            'Analytics Platforms': ['AmazonAthena', 'AWSLakeFormation', 'AWSCleanRooms', 'AmazonDataZone'],
            'Business Intelligence': ['AmazonQuickSight'],
            'Streaming Analytics': [
                'AmazonMSK', 'AmazonKinesis', 'AmazonKinesisFirehose', 'AmazonKinesisAnalytics',
            ],
            'Search': ['AmazonES', 'AmazonCloudSearch', 'AmazonKendra'],
        },
        'Integration': {
            'Messaging': ['AWSQueueService', 'AmazonSNS', 'AmazonMQ', 'AWSEvents', 'AmazonSES'],
            'API Management': ['AmazonApiGateway', 'AWSAppSync'],
            'Workflow Orchestration': ['AmazonStates', 'AmazonMWAA', 'AmazonSWF'],
        },
        'Management and Governance': {
            'Observability': ['AmazonCloudWatch', 'AWSXRay', 'AmazonGrafana', 'AmazonPrometheus'],
            'Compliance': ['AWSCloudTrail', 'AWSConfig', 'AWSAuditManager', 'AWSControlTower'],
            'Cost Management': ['AWSCostExplorer', 'AWSBudgets', 'AWSBillingConductor'],
            'Endpoint Management': ['AWSSystemsManager'],
            'Support': ['AWSSupportBusiness', 'AWSSupportEnterprise', 'AWSDeveloperSupport', 'AWSSupportDeveloper',
                'AWSSupportEnterpriseOnRamp', 'AWSPremiumSupport'],
            'Other (Management and Governance)': ['AWSServiceCatalog', 'AWSCloudFormation', 'AWSCloudShell',
                'AWSMigrationHubRefactorSpaces'],
        },
        'Security': {
            'Secret Management': ['awskms', 'AWSSecretsManager', 'CloudHSM', 'AWSCertificateManager'],
            'Threat Detection and Response': ['AmazonGuardDuty', 'AmazonInspector', 'AmazonInspectorV2',
                'AmazonMacie', 'AmazonDetective'],
            'Security Posture Management': ['AWSSecurityHub', 'AmazonSecurityLake'],
        },
        'Identity': {
            'Identity and Access Management': ['AmazonCognito', 'AWSDirectoryService', 'AWSIAM'],
        },
        'Developer Tools': {
            'Continuous Integration and Deployment': ['CodeBuild', 'AWSCodePipeline', 'AWSCodeDeploy',
                'AWSCodeArtifact'],
            'Source Code Management': ['AWSCodeCommit'],
            'Development Environments': ['AmazonCloud9'],
        },
        'Web': {
            'Application Platforms': ['AWSAmplify'],
        },
        'Internet of Things': {
            'IoT Platforms': ['AWSIoT', 'AWSGreengrass', 'AWSIoTSiteWise'],
            'IoT Analytics': ['AWSIoTAnalytics'],
        },
        'Migration': {
            'Data Migration': ['AWSDatabaseMigrationSvc', 'AWSDataSync', 'AWSTransfer'],
        },
        'Media': {
            'Media Streaming': ['AWSElementalMediaConvert', 'AWSElementalMediaLive', 'AmazonIVS'],
        },
    } %}
    {% set subcategories = {} %}
    {% set categories = {} %}
    {% for category, parts in kinds.items() %}
        {% do categories.update({category: []}) %}
        {% for subcategory, codes in parts.items() %}
            {% do subcategories.update({subcategory: codes}) %}
            {% do categories[category].extend(codes) %}
        {% endfor %}
    {% endfor %}
    case
        {%- for word, codes in (categories if of == 'category' else subcategories).items() %}
        when {{ code }} in ('{{ codes | join("', '") }}') then '{{ word }}'
        {%- endfor %}
        else '{{ 'Other' if of == 'category' else 'Other (Other)' }}'
    end
{% endmacro %}
