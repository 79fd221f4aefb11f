@{
    RootModule           = 'Containers.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '5d1a7c52-8f0e-4c3b-9a58-2b7c6f7be0d4'
    Author               = 'The Containers project'
    CompanyName          = 'The Containers project'
    Copyright            = '(c) The Containers project. MIT license.'
    Description          = 'A container engine for Linux that is a PowerShell module: no daemon, no other runtime underneath.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')

    # The build fails when these lists and what Containers.dll and Module/Formats hold differ.
    FormatsToProcess     = @(
        'Formats/Container.format.ps1xml'
        'Formats/ContainerBridge.format.ps1xml'
        'Formats/ContainerChange.format.ps1xml'
        'Get-ContainerEvent'
