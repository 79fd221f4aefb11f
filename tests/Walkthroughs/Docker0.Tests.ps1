# "Customizing docker0": what the default bridge is, and a container on it.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $walk = Enter-Walkthrough
}

AfterAll {
    Exit-Walkthrough $walk
}

Describe 'Customizing docker0' {
    BeforeEach {
        Assert-Host
    }

    AfterEach {
        Remove-EveryContainer
        if (-not $obstacle) {
            Set-ContainerHost -BridgeName $null -BridgeIP $null -Mtu $null
            Get-ContainerBridge | Where-Object Managed | Remove-ContainerBridge
        }
    }

    It 'makes the bridge with the first container, at 172.17.42.1/16 where that is free' {
        Get-ContainerBridge containers0 -ErrorAction Ignore | Should -BeNullOrEmpty
        $null = Start-Idle web
        "$(ip -4 address show containers0)" | Should -Match 'mtu 1500 .*inet 172\.17\.42\.1/16 '
        (Get-Container web).IPAddress | Should -Be '172.17.0.2'
    }

    It 'takes another subnet where the host has a route into the first' {
        ip link add lan0 type veth peer name lan1
        try {
            ip address add 172.17.3.4/24 dev lan0
            ip link set lan0 up
            $null = Start-Idle web
            "$(ip -4 address show containers0)" | Should -Match 'inet 10\.0\.42\.1/16 '
        }
        finally {
            ip link delete lan0
        }
    }

    It 'shows the interfaces of two containers in the bridge, and the network as seen from them' {
        Use-Docker0
        $first = Start-Idle first
        $second = Start-Idle second
        $names = (Get-ContainerNetworkAdapter first, second).HostInterface
        $names | Should -Match '^veth'

        if (Get-Command brctl -ErrorAction Ignore) {
            # bridge name, bridge id, STP enabled, interfaces; the second interface has a line of its own.
            $show = (unshare --mount sh -c 'mount -t sysfs none /sys && brctl show') -join "`n"
            $show | Should -Match 'docker0\s+8000\.[0-9a-f]{12}\s+no\s+veth\w+\s+veth\w+'
            $names | ForEach-Object { $show | Should -Match $_ }
        }

        (Get-ContainerBridge docker0).Ports.Interface | Sort-Object | Should -Be ($names | Sort-Object)
        (Get-ContainerBridge docker0).Ports.Container | Sort-Object | Should -Be 'first', 'second'
        $first.IPAddress, $second.IPAddress | Should -Be '172.17.0.2', '172.17.0.3'

        $seen = Invoke-ContainerImage base -RemoveOnExit -Command sh, -c, 'ip addr show eth0; ip route; ifconfig; route -n'
        $text = $seen -join "`n"
        $text | Should -Match 'eth0@\w+: <BROADCAST,.*UP,LOWER_UP\S*> mtu 1500 '
        $text | Should -Match 'inet 172\.17\.0\.4/16 '
        $text | Should -Match 'inet6 fe80::[0-9a-f:]+/64 scope link'
        $text | Should -Match '(?m)^default via 172\.17\.42\.1 dev eth0'
        $text | Should -Match '(?m)^172\.17\.0\.0/16 dev eth0 .*src 172\.17\.0\.4'
        $text | Should -Match 'inet addr:172\.17\.0\.4 .*Mask:255\.255\.0\.0'
        $text | Should -Match '(?m)^lo .*\n\s+inet addr:127\.0\.0\.1 '
        $text | Should -Match '(?m)^0\.0\.0\.0 +172\.17\.42\.1 +0\.0\.0\.0 +UG .*eth0'

        Stop-Container first, second -Timeout 0
        (Get-ContainerBridge docker0).Ports | Should -BeNullOrEmpty
        ip -brief link show type veth | Should -BeNullOrEmpty
    }

    It 'lets the host and the containers talk through it' {
        Use-Docker0
        $null = Start-WebServer web
        $null = Start-Idle other
        Read-Page 'http://172.17.0.2/' | Should -Be 'page of web'
        Read-PageInside other 'http://172.17.0.2/' | Should -Be 'page of web'
        Test-Ping other 172.17.42.1 | Should -BeTrue
    }

    It 'takes its address from --bip and its MTU from --mtu' {
        Set-ContainerHost -BridgeIP 192.168.1.5/24 -Mtu 1400
        $web = Start-Idle web
        "$(ip -4 address show containers0)" | Should -Match 'mtu 1400 .*inet 192\.168\.1\.5/24 '
        $web.IPAddress, $web.Gateway | Should -Be '192.168.1.2', '192.168.1.5'
        Invoke-Inside web 'cat /sys/class/net/eth0/mtu' | Should -Be '1400'
        "$(ip link show (Get-ContainerNetworkAdapter web).HostInterface)" | Should -Match ' mtu 1400 '
    }

    It 'refuses --bip together with --bridge' {
        { Set-ContainerHost -BridgeIP 192.168.1.5/24 -BridgeName docker0 } | Should -Throw -ErrorId 'ConflictingSettings*'
        (Get-ContainerHost).Network.BridgeIP | Should -BeNullOrEmpty
    }
}
