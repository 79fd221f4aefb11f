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
        'Formats/ContainerFirewallRule.format.ps1xml'
        'Formats/ContainerHost.format.ps1xml'
        'Formats/ContainerHostEntry.format.ps1xml'
        'Formats/ContainerImage.format.ps1xml'
        'Formats/ContainerLink.format.ps1xml'
        'Formats/ContainerLogEntry.format.ps1xml'
        'Formats/ContainerNetwork.format.ps1xml'
        'Formats/ContainerNetworkAdapter.format.ps1xml'
        'Formats/ContainerNetworkProblem.format.ps1xml'
        'Formats/ContainerPeerLink.format.ps1xml'
        'Formats/ContainerPortMapping.format.ps1xml'
        'Formats/NetworkSettings.format.ps1xml'
        'Formats/PlanStepDescription.format.ps1xml'
    )
    TypesToProcess       = @(
        'Formats/Containers.types.ps1xml'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    CmdletsToExport      = @(
        'Add-ContainerHostEntry'
        'Add-ContainerLink'
        'Add-ContainerNetworkAdapter'
        'Connect-ContainerNetwork'
        'Disconnect-ContainerNetwork'
        'Get-Container'
        'Get-ContainerBridge'
        'Get-ContainerFirewallRule'
        'Get-ContainerHost'
        'Get-ContainerHostEntry'
        'Get-ContainerImage'
        'Get-ContainerLink'
        'Get-ContainerLog'
        'Get-ContainerNetwork'
        'Get-ContainerNetworkAdapter'
        'Get-ContainerPeerLink'
        'Get-ContainerPlan'
        'Get-ContainerPort'
        'Import-ContainerImage'
        'Invoke-ContainerImage'
        'New-Container'
        'New-ContainerBridge'
        'New-ContainerImage'
        'New-ContainerNetwork'
        'New-ContainerPeerLink'
        'Publish-ContainerPort'
        'Remove-Container'
        'Remove-ContainerBridge'
        'Remove-ContainerHostEntry'
        'Remove-ContainerImage'
        'Remove-ContainerLink'
        'Remove-ContainerNetwork'
        'Remove-ContainerNetworkAdapter'
        'Remove-ContainerPeerLink'
        'Rename-Container'
        'Repair-ContainerNetwork'
        'Restart-Container'
        'Resume-Container'
        'Send-ContainerSignal'
        'Set-Container'
        'Set-ContainerBridge'
        'Set-ContainerHost'
        'Start-Container'
        'Stop-Container'
        'Suspend-Container'
        'Test-ContainerNetwork'
        'Unpublish-ContainerPort'
        'Wait-Container'
    )
    AliasesToExport      = @(
        'Get-ContainerNet'
        'Kill-Container'
        'Load-ContainerImage'
        'New-ContainerNet'
        'Pause-Container'
        'Remove-ContainerNet'
        'Run-Container'
        'Run-ContainerImage'
        'Unpause-Container'
    )

    PrivateData          = @{
        PSData = @{
            Tags = @('Containers', 'Linux', 'OCI', 'Docker', 'PSEdition_Core')
        }
    }
}
