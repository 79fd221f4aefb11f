# Hosts and neighbours made of network namespaces: what a rival, ours and a plain bridge are measured on is the same.

$script:NetworkSpaces = [System.Collections.Generic.List[Diagnostics.Process]]::new()

# A network namespace that lives as long as a process in it, which has no other task. Its id stands for the namespace.
function New-NetworkSpace {
    $holder = Start-Process unshare -PassThru -ArgumentList '--net', 'sleep', 'infinity'
    $NetworkSpaces.Add($holder)
    for ($i = 0; (Get-Item "/proc/$($holder.Id)/ns/net").Target -eq (Get-Item /proc/self/ns/net).Target; $i++) {
        if ($holder.HasExited -or $i -gt 500) { throw 'A network namespace cannot be made.' }
        Start-Sleep -Milliseconds 10
    }
    Invoke-InSpace $holder.Id @('ip', 'link', 'set', 'lo', 'up')
    $holder.Id
}

# Runs a command in a namespace, not "ip netns exec", which gives it another /sys; what it prints.
function Invoke-InSpace([int] $Space, [string[]] $Command) {
    $all = @("--net=/proc/$Space/ns/net") + $Command
    $output = nsenter @all 2>&1
    if ($LASTEXITCODE) { throw "$($Command -join ' ') failed ($LASTEXITCODE): $($output -join "`n")" }
    $output
}

# A cable from one namespace to another, each end with an address (192.0.2.1/24) or, on a bridge, with none.
function Connect-NetworkSpace([int] $From, [string] $FromName, [string] $FromAddress, [int] $To, [string] $ToName, [string] $ToAddress) {
    Invoke-InSpace $From @('ip', 'link', 'add', $FromName, 'type', 'veth', 'peer', 'name', $ToName, 'netns', "$To")
    foreach ($end in @($From, $FromName, $FromAddress), @($To, $ToName, $ToAddress)) {
        if ($end[2]) { Invoke-InSpace $end[0] @('ip', 'address', 'add', $end[2], 'dev', $end[1]) }
        Invoke-InSpace $end[0] @('ip', 'link', 'set', $end[1], 'up')
    }
}

# A machine beside a host: 192.0.2.1 is the host, 192.0.2.2 the neighbour (RFC 5737). Ports enough for many short connections.
function New-Neighbour([int] $HostSpace) {
    $neighbour = New-NetworkSpace
    Connect-NetworkSpace $HostSpace bench0 192.0.2.1/24 $neighbour eth0 192.0.2.2/24
    Invoke-InSpace $neighbour @('sh', '-c', 'echo 1024 65535 > /proc/sys/net/ipv4/ip_local_port_range')
    $neighbour
}

# The floor: a bridge with two ends, 10.99.0.2 and 10.99.0.3, and a neighbour with a route to them; no rule, no translation.
function New-PlainHost {
    $space = New-NetworkSpace
    Invoke-InSpace $space @('ip', 'link', 'add', 'plain0', 'type', 'bridge')
    Invoke-InSpace $space @('ip', 'address', 'add', '10.99.0.1/24', 'dev', 'plain0')
    Invoke-InSpace $space @('ip', 'link', 'set', 'plain0', 'up')
    Invoke-InSpace $space @('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
    $ends = foreach ($number in 2, 3) {
        $end = New-NetworkSpace
        Connect-NetworkSpace $space "plain$number" '' $end eth0 "10.99.0.$number/24"
        Invoke-InSpace $space @('ip', 'link', 'set', "plain$number", 'master', 'plain0')
        Invoke-InSpace $end @('ip', 'route', 'add', 'default', 'via', '10.99.0.1')
        $end
    }
    $neighbour = New-Neighbour $space
    Invoke-InSpace $neighbour @('ip', 'route', 'add', '10.99.0.0/24', 'via', '192.0.2.1')
    [pscustomobject]@{ Host = $space; Neighbour = $neighbour; Ends = @($ends) }
}

# By process id. A namespace goes with its last process, and the interfaces in it.
function Stop-NetworkSpace {
    foreach ($holder in $NetworkSpaces) {
        if (-not $holder.HasExited) { $holder.Kill() }
        if (-not $holder.WaitForExit(10000)) { Write-Warning "Process $($holder.Id) does not end." }
    }
    $NetworkSpaces.Clear()
}
